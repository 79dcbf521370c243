"""The order-status program most people would write first: FastAPI, SQLModel, BackgroundTasks.

It is what the hub is compared with, so it is given every advantage that costs no extra thought:
the same bodies, signature check and durability (SQLite flushes each commit), the same four rows per
fact (inbox, timeline, projection, outbox) in one transaction, indexes where it looks things up.
Documented API only, after FastAPI's tutorial ("SQL Databases", "Background Tasks"); letters by
smtplib. With NAIVE_WAL its author has also read up on SQLite: a write-ahead log, which is flushed
once per commit, and patience with a lock. What it has not got is what the hub is for: disorder,
corrections, parking, retries, a crash between the answer and the letter.
"""

import base64
import hashlib
import hmac
import os
import smtplib
from collections.abc import Iterator
from datetime import UTC, datetime
from email.message import EmailMessage
from typing import Annotated, Any

from fastapi import BackgroundTasks, Depends, FastAPI, HTTPException, Request
from pydantic import BaseModel
from sqlalchemy import event
from sqlmodel import Field, Session, SQLModel, create_engine, select

SECRET = base64.b64decode(os.environ["NAIVE_SECRET"].removeprefix("whsec_"))
MAIL_PORT = int(os.environ.get("NAIVE_MAIL_PORT", "0"))  # 0: nobody is written to
STATUS = {"order.placed": "placed", "order.packed": "processing", "parcel.announced": "processing"}
TOLD = {"placed", "in_transit", "out_for_delivery", "delivered"}
engine = create_engine(os.environ["NAIVE_DATABASE"], connect_args={"check_same_thread": False})


@event.listens_for(engine, "connect")
def tune(connection: Any, _record: Any) -> None:
    if os.environ.get("NAIVE_WAL"):
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=30000"):
            connection.execute(f"PRAGMA {pragma}")


class CloudEvent(BaseModel):
    id: str
    type: str
    time: datetime
    data: dict[str, Any]


class Inbox(SQLModel, table=True):
    event_id: str = Field(primary_key=True)
    received_at: datetime
    body: bytes


class Timeline(SQLModel, table=True):
    id: int | None = Field(default=None, primary_key=True)
    order_id: str = Field(index=True)
    event_id: str = Field(unique=True)
    kind: str
    occurred_at: datetime
    fact: str


class Order(SQLModel, table=True):
    id: str = Field(primary_key=True)
    status: str
    email: str | None = None
    tracking: str | None = Field(default=None, index=True)
    updated_at: datetime


class Outbox(SQLModel, table=True):
    id: int | None = Field(default=None, primary_key=True)
    order_id: str = Field(index=True)
    status: str
    created_at: datetime


SQLModel.metadata.create_all(engine)
app = FastAPI()


def get_session() -> Iterator[Session]:
    with Session(engine) as session:
        yield session


async def signed_body(request: Request) -> bytes:
    body = await request.body()
    name, stamp = request.headers["webhook-id"], request.headers["webhook-timestamp"]
    expected = hmac.new(SECRET, f"{name}.{stamp}.".encode() + body, hashlib.sha256).digest()
    given = request.headers["webhook-signature"].removeprefix("v1,")
    if not hmac.compare_digest(base64.b64encode(expected).decode(), given):
        raise HTTPException(401, "bad signature")
    return body


def send_mail(to: str, order_id: str, status: str) -> None:
    letter = EmailMessage()
    letter["From"], letter["To"], letter["Subject"] = "shop@localhost", to, f"Order {order_id}"
    letter.set_content(f"Your order {order_id} is now: {status}.")
    with smtplib.SMTP("127.0.0.1", MAIL_PORT) as server:
        server.send_message(letter)


@app.get("/health/ready")
def ready() -> str:
    return "ok"


@app.post("/in/canonical", status_code=202)
def receive(
    body: Annotated[bytes, Depends(signed_body)],
    session: Annotated[Session, Depends(get_session)],
    tasks: BackgroundTasks,
) -> dict[str, bool]:
    told, now = CloudEvent.model_validate_json(body), datetime.now(UTC)
    if session.get(Inbox, told.id):
        return {"accepted": True}
    about, what = told.data["about"], told.data.get("what", {})
    kind = told.type.removeprefix("fi.tilanne.")
    if about["type"] == "parcel":
        order = session.exec(select(Order).where(Order.tracking == about["number"])).one()
    else:
        order = session.get(Order, about["external_id"])
        order = order or Order(id=about["external_id"], status="placed", updated_at=now)
    order.status = what.get("stage") or STATUS.get(kind, order.status)
    order.email = told.data.get("contact", {}).get("email") or order.email
    order.tracking = what.get("parcel", {}).get("number") or order.tracking
    order.updated_at = now
    session.add(order)
    session.add(Inbox(event_id=told.id, received_at=now, body=body))
    fact = Timeline(
        order_id=order.id, event_id=told.id, kind=kind, occurred_at=told.time, fact=body.decode()
    )
    session.add(fact)
    session.add(Outbox(order_id=order.id, status=order.status, created_at=now))
    news = (order.email, order.id, order.status) if order.email and MAIL_PORT else None
    session.commit()
    if news and (kind == "order.placed" or "stage" in what) and news[2] in TOLD:
        tasks.add_task(send_mail, *news)
    return {"accepted": True}

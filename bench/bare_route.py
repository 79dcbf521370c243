"""A bare FastAPI route with the bytes of an order's snapshot; it knows nothing of orders."""

import os
from pathlib import Path

from fastapi import FastAPI
from starlette.responses import Response

BODY = Path(os.environ["BARE_BODY"]).read_bytes()
app = FastAPI()


@app.get("/v1/orders/{order_id:path}")
async def order(order_id: str) -> Response:
    return Response(BODY, media_type="application/json")

"""The processes of one hub on one PostgreSQL, and a partner's system that takes its time."""

import json
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine, text

from tests.faults.hub_process import HubProcess


class Partner(ThreadingHTTPServer):
    """A partner's system that takes a post and answers when it is told to."""

    def __init__(self) -> None:
        partner = self

        class Answers(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["content-length"]))
                partner.asked.set()
                partner.may_answer.wait(30)
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        super().__init__(("127.0.0.1", 0), Answers)
        self.asked, self.may_answer = threading.Event(), threading.Event()

    @property
    def settings(self) -> dict[str, str]:
        url = f"http://127.0.0.1:{self.server_port}/"
        sink = {"name": "partner", "url": url, "secret": f"whsec_{'b3JhY2xl' * 4}"}
        return {"TILANNE_SINKS": json.dumps([sink]), "TILANNE_SINK_NETWORKS": '["127.0.0.0/8"]'}


@contextmanager
def partner_system() -> Iterator[Partner]:
    with Partner() as partner:
        partner.daemon_threads = True
        thread = threading.Thread(target=partner.serve_forever)
        thread.start()
        try:
            yield partner
        finally:
            partner.may_answer.set()
            partner.shutdown()
            thread.join()


class Parts:
    """The processes of one hub."""

    def __init__(self, stack: ExitStack, folder: Path, database: str) -> None:
        self.stack, self.folder, self.database = stack, folder, database
        self.engine: Engine = create_engine(database.replace("postgresql:", "postgresql+psycopg:"))
        stack.callback(self.engine.dispose)

    def start(self, role: str, **settings: str) -> HubProcess:
        process = HubProcess(self.folder, role, TILANNE_DATABASE_URL=self.database, **settings)
        self.stack.callback(process.make_sure_it_is_gone)
        process.start()
        return process

    def one(self, sql: str) -> Any:
        with self.engine.connect() as connection:
            return connection.execute(text(sql)).scalar()

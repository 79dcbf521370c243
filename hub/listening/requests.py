"""Reads requests about orders off the wire: bounded heads, no trailers, nothing but HTTP/1.1."""

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from hub.listening import saying_no
from hub.refusals import Refused

MOST_HEAD = 32_768  #: bytes of address and headers
MOST_HEADERS = 100
MOST_PIPELINED = 8  #: requests that wait behind the one that is being answered
#: headers by which HTTP/1.1 would be left; Java's client sends them with its first request
LEAVING_HTTP = frozenset({b"connection", b"upgrade", b"http2-settings"})


class Nowhere(list[tuple[bytes, bytes]]):
    """Takes the trailers of a chunked body: nobody asked for them, and they sign nothing."""

    def append(self, _header: tuple[bytes, bytes]) -> None:
        """Forget it."""


NOWHERE = Nowhere()


class Requests(HttpToolsProtocol):
    """The requests of one connection. Raises ``Refused`` inside the parser's own error."""

    def feed(self, data: bytes) -> None:
        """Parse what has come; raises ``httptools.HttpParserError``."""
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            # The parser would leave HTTP/1.1 here. We stay: the request is read once more, without
            # the headers that offer it, and then what came behind them.
            method = self.parser.get_method()
            lines = [method + b" " + self.url + b" HTTP/1.1"]
            lines += [
                name + b": " + value for name, value in self.headers if name not in LEAVING_HTTP
            ]
            self.parser = httptools.HttpRequestParser(self)
            self.feed(b"\r\n".join([*lines, b"", data[upgrade.args[0] :]]))

    def on_headers_complete(self) -> None:
        """Let the request be answered, if its head is one we take."""
        size = len(self.url) + sum([len(name) + len(value) for name, value in self.headers])
        if size > MOST_HEAD or len(self.headers) > MOST_HEADERS:
            raise saying_no.too_large(MOST_HEAD, MOST_HEADERS)
        if len(self.pipeline) >= MOST_PIPELINED:
            raise Refused("not-http", "Too many requests at once.")
        if not self.parser.should_upgrade():
            super().on_headers_complete()
            self.headers = NOWHERE
            self.head_read()
        elif self.parser.get_method() == b"CONNECT":
            raise Refused("not-http", "The hub is no proxy.")

    def on_message_complete(self) -> None:
        """Let the answer know that all has been read."""
        if not self.parser.should_upgrade():
            super().on_message_complete()
            self.message_read()

    def head_read(self) -> None:
        """Do what is to be done when the head of a request has been read."""

    def message_read(self) -> None:
        """Do what is to be done when a whole request has been read."""

"""A client's own server, which hears that a session ended."""

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any
from urllib.parse import parse_qs


class Backend:
    """A client's own server, which is told."""

    def __init__(self) -> None:
        self.forms: list[dict[str, list[str]]] = []
        """What was posted, field by field."""
        self.heard = Event()
        self.answer = 200
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                outer.forms.append(parse_qs(body))
                outer.heard.set()
                self.send_response(outer.answer)
                self.send_header("Location", "http://127.0.0.1:1/")
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)

    @property
    def told(self) -> list[str]:
        """The logout tokens."""
        return [token for form in self.forms for token in form["logout_token"]]

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}/logout"


@contextmanager
def listening() -> Iterator[Backend]:
    backend = Backend()
    thread = Thread(target=backend.server.serve_forever)
    thread.start()
    try:
        yield backend
    finally:
        backend.server.shutdown()
        backend.server.server_close()
        thread.join()

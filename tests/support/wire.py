"""What went over the wire: every request and every answer of a client, kept to be searched."""

from dataclasses import dataclass, field
from typing import Any

from starlette.testclient import TestClient


@dataclass(frozen=True, kw_only=True)
class Exchange:
    who: str
    method: str
    url: str
    status: int
    headers: str
    """Of the answer, all but those that set a cookie."""
    cookies: str
    body: str

    def __str__(self) -> str:
        return f"{self.who}: {self.method} {self.url} -> {self.status}"


@dataclass
class Wire:
    exchanges: list[Exchange] = field(default_factory=list)

    def listen(self, http: TestClient, who: str) -> TestClient:
        def note(reply: Any) -> None:
            reply.read()
            headers = reply.headers.multi_items()
            self.exchanges.append(
                Exchange(
                    who=who,
                    method=reply.request.method,
                    url=str(reply.request.url),
                    status=reply.status_code,
                    headers="\n".join(f"{name}: {value}" for name, value in headers if name != "set-cookie"),
                    cookies="\n".join(value for name, value in headers if name == "set-cookie"),
                    body=reply.text,
                )
            )

        http.event_hooks["response"].append(note)
        return http

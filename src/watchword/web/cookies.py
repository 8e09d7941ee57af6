"""Cookies: ``__Host-`` and Secure over https. Plain http exists in development alone, on loopback."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from starlette.responses import Response

from watchword.foundation.secret import Secret
from watchword.foundation.terms import Purpose

_DEVICE_LIVES = timedelta(days=400)
_LANGUAGE_LIVES = timedelta(days=400)
_NOTICE_LIVES = timedelta(minutes=2)
_RETURN_LIVES = timedelta(minutes=15)
_STATE_LIVES = timedelta(minutes=30)
_MANY = frozenset({"all", "at_applications"})


@dataclass(frozen=True)
class CookieNames:
    https: bool

    @property
    def session(self) -> str:
        return self._named("session")

    @property
    def device(self) -> str:
        return self._named("device")

    @property
    def language(self) -> str:
        return self._named("language")

    @property
    def approval(self) -> str:
        return self._named("approval")

    @property
    def notice(self) -> str:
        """What was just done, for the next page to tell."""
        return self._named("notice")

    @property
    def after(self) -> str:
        """Where to go once signed in."""
        return self._named("after")

    @property
    def asked(self) -> str:
        """The sealed request of a service, while what it asks for is being confirmed."""
        return self._named("asked")

    @property
    def forward(self) -> str:
        """The address of an application to go on to once signed in."""
        return self._named("forward")

    @property
    def child(self) -> str:
        """At an application's own host: its session."""
        return self._named("watchword")

    @property
    def child_state(self) -> str:
        """At an application's own host: what binds a browser to the code it is given."""
        return self._named("watchword-state")

    @property
    def at_applications(self) -> frozenset[str]:
        """All that is ours at a host that is not ours."""
        return frozenset({self.child, self.child_state})

    @property
    def all(self) -> frozenset[str]:
        """All that is ours at our own host."""
        single = {name for name, kind in vars(CookieNames).items() if isinstance(kind, property)} - _MANY
        passages = {self.passage(purpose) for purpose in Purpose}
        return frozenset({getattr(self, name) for name in single} | passages)

    @property
    def openid(self) -> str:
        """What binds a client's request to the browser that brought it."""
        return self._named("openid")

    def passage(self, purpose: str) -> str:
        """One for each purpose, so that a sign-in in one tab does not end a confirmation in another."""
        return self._named(f"passage-{purpose.replace('_', '-')}")

    def _named(self, name: str) -> str:
        return f"__Host-{name}" if self.https else name


@dataclass(frozen=True)
class Cookies:
    names: CookieNames

    def set_session(self, response: Response, token: Secret, expires_at: datetime, now: datetime) -> None:
        self._set(response, self.names.session, token.reveal(), expires_at - now)

    def set_device(self, response: Response, token: Secret) -> None:
        self._set(response, self.names.device, token.reveal(), _DEVICE_LIVES)

    def drop_device(self, response: Response) -> None:
        self._set(response, self.names.device, "", timedelta(0))

    def set_passage(self, response: Response, purpose: str, value: str, lives: timedelta) -> None:
        self._set(response, self.names.passage(purpose), value, lives)

    def set_approval(self, response: Response, token: Secret, lives: timedelta) -> None:
        self._set(response, self.names.approval, token.reveal(), lives)

    def drop_approval(self, response: Response) -> None:
        self._set(response, self.names.approval, "", timedelta(0))

    def set_asked(self, response: Response, sealed: str, lives: timedelta) -> None:
        self._set(response, self.names.asked, sealed, lives)

    def drop_asked(self, response: Response) -> None:
        self._set(response, self.names.asked, "", timedelta(0))

    def set_notice(self, response: Response, code: str) -> None:
        self._set(response, self.names.notice, code, _NOTICE_LIVES)

    def drop_notice(self, response: Response) -> None:
        self._set(response, self.names.notice, "", timedelta(0))

    def set_after(self, response: Response, path: str) -> None:
        self._set(response, self.names.after, path, _RETURN_LIVES)

    def drop_after(self, response: Response) -> None:
        self._set(response, self.names.after, "", timedelta(0))

    def set_forward(self, response: Response, wish: str) -> None:
        self._set(response, self.names.forward, wish, _RETURN_LIVES)

    def drop_forward(self, response: Response) -> None:
        self._set(response, self.names.forward, "", timedelta(0))

    def set_child(self, response: Response, token: Secret, expires_at: datetime, now: datetime) -> None:
        self._set(response, self.names.child, token.reveal(), expires_at - now)

    def set_child_state(self, response: Response, kept: Secret) -> None:
        self._set(response, self.names.child_state, kept.reveal(), _STATE_LIVES)

    def set_openid(self, response: Response, token: Secret) -> None:
        self._set(response, self.names.openid, token.reveal(), _RETURN_LIVES)

    def set_language(self, response: Response, language: str) -> None:
        self._set(response, self.names.language, language, _LANGUAGE_LIVES)

    def drop_session(self, response: Response) -> None:
        self._set(response, self.names.session, "", timedelta(0))

    def drop_passage(self, response: Response, purpose: str) -> None:
        self._set(response, self.names.passage(purpose), "", timedelta(0))

    def _set(self, response: Response, name: str, value: str, lives: timedelta) -> None:
        response.set_cookie(
            name,
            value,
            max_age=int(lives.total_seconds()),
            path="/",
            secure=self.names.https,
            httponly=True,
            samesite="lax",
        )

"""A virtual authenticator in Chromium (the DevTools protocol's WebAuthn domain), worked by somebody at a page."""

from dataclasses import dataclass
from typing import Any

from playwright.sync_api import CDPSession, Page


@dataclass(kw_only=True)
class VirtualAuthenticator:
    """Built into the device, with a screen lock. ``synced``: its passkeys can be copied, and are."""

    session: CDPSession
    id: str

    @classmethod
    def at(cls, page: Page, *, synced: bool = True, verifies: bool = True) -> "VirtualAuthenticator":
        session = page.context.new_cdp_session(page)
        session.send("WebAuthn.enable")
        options = {
            "protocol": "ctap2",
            "ctap2Version": "ctap2_1",
            "transport": "internal",
            "hasResidentKey": True,
            "hasUserVerification": True,
            "isUserVerified": verifies,
            "automaticPresenceSimulation": True,
            "defaultBackupEligibility": synced,
            "defaultBackupState": synced,
        }
        made = session.send("WebAuthn.addVirtualAuthenticator", {"options": options})
        return cls(session=session, id=made["authenticatorId"])

    def touched(self, yes: bool) -> None:
        """Whether somebody answers its prompts."""
        self._send("setAutomaticPresenceSimulation", enabled=yes)

    def verifies(self, yes: bool) -> None:
        """Whether fingerprint, face or PIN are right."""
        self._send("setUserVerified", isUserVerified=yes)

    def credentials(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self._send("getCredentials")["credentials"]
        return found

    def take_away(self) -> list[dict[str, Any]]:
        """The device is lost; gives what was on it."""
        had = self.credentials()
        self._send("clearCredentials")
        return had

    def put(self, credential: dict[str, Any]) -> None:
        self._send("addCredential", credential=credential)

    def _send(self, what: str, **more: Any) -> dict[str, Any]:
        answered: dict[str, Any] = self.session.send(f"WebAuthn.{what}", {"authenticatorId": self.id, **more})
        return answered

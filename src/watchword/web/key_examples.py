"""A complete request for a new key, in Python and for a shell: shown once with it, and run by our tests as they are."""

import shlex
from dataclasses import dataclass
from urllib.parse import urlsplit

from watchword.handover.api_keys.keys import MadeKey


@dataclass(frozen=True, kw_only=True)
class Examples:
    """How the platform's own API is reached."""

    address: str
    """Of a GET request that a key which reads may make."""
    prefix: str
    """What the headers begin with."""

    def python(self, made: MadeKey) -> str:
        base, target = self._parts()
        return f"""\
import base64, hashlib, hmac, time
from urllib.request import Request, urlopen

KEY = {made.key!r}
SECRET = {made.secret.reveal()!r}
PASSPHRASE = {made.passphrase.reveal()!r}
BASE, TARGET = {base!r}, {target!r}


def signed(text):
    mac = hmac.new(SECRET.encode(), text.encode(), hashlib.sha256)
    return base64.b64encode(mac.digest()).decode()


timestamp = str(int(time.time() * 1000))
body = ""  # of a POST: the very text that is sent
headers = {{
    "{self.prefix}-KEY": KEY,
    "{self.prefix}-SIGN": signed(timestamp + "GET" + TARGET + body),
    "{self.prefix}-TIMESTAMP": timestamp,
    "{self.prefix}-PASSPHRASE": signed(PASSPHRASE),
    "{self.prefix}-KEY-VERSION": "2",
}}
print(urlopen(Request(BASE + TARGET, headers=headers)).read().decode())
"""

    def curl(self, made: MadeKey) -> str:
        base, target = self._parts()
        return f"""\
KEY={shlex.quote(made.key)}
SECRET={shlex.quote(made.secret.reveal())}
PASSPHRASE={shlex.quote(made.passphrase.reveal())}
BASE={shlex.quote(base)}
TARGET={shlex.quote(target)}

signed() {{
  printf %s "$1" | openssl dgst -sha256 -hmac "$SECRET" -binary | openssl base64 -A
}}

TIMESTAMP="$(date +%s)000"
curl --silent --show-error --fail-with-body "$BASE$TARGET" \\
  --header "{self.prefix}-KEY: $KEY" \\
  --header "{self.prefix}-SIGN: $(signed "${{TIMESTAMP}}GET$TARGET")" \\
  --header "{self.prefix}-TIMESTAMP: $TIMESTAMP" \\
  --header "{self.prefix}-PASSPHRASE: $(signed "$PASSPHRASE")" \\
  --header "{self.prefix}-KEY-VERSION: 2"
"""

    def _parts(self) -> tuple[str, str]:
        found = urlsplit(self.address)
        return f"{found.scheme}://{found.netloc}", found.path or "/"

"""Which outside library may be used where. Import-linter knows our own rooms; this knows their doors to the outside.

Also that no file of the project names a package registry: the lock says what by hashes, not where from.
"""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "src" / "watchword"

ALLOWED: dict[str, tuple[str, ...]] = {
    "aiosmtplib": ("delivery/mail.py",),
    "alembic": ("storage/*",),
    "altcha": ("authenticators/human.py", "authenticators/human/*"),
    "confusable_homoglyphs": ("safeguards/channels/likeness.py",),
    "cryptography": ("crypto/*",),
    "fastapi": ("web/*", "app.py"),
    "joserfc": ("crypto/*", "relying/*"),
    "iptocc": ("risk/*", "devices/*"),
    "jinja2": ("web/*", "delivery/*"),
    "maxminddb": ("risk/*", "devices/*"),
    "psycopg": ("storage/*",),
    "psycopg_pool": ("storage/*",),
    "pydantic_settings": ("settings/*",),
    "pyotp": ("crypto/otp.py",),
    "segno": ("web/*",),
    "smtplib": (),
    "sqlalchemy": ("storage/*", "*/store.py", "*/store/*"),
    "starlette": ("web/*", "app.py"),
    "ua_parser": ("devices/*", "risk/*"),
    "uvicorn": ("web/edge/*",),
    "webauthn": ("authenticators/passkey.py", "authenticators/passkey/*"),
    "zxcvbn_rs_py": ("authenticators/*",),
}
REGISTRIES = re.compile("|".join(("registry.npm" + "js.org", "files.python" + "hosted.org", "py" + "pi.org")))


def imports_of(path: Path) -> Iterator[tuple[int, str]]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.lineno, node.module


def trespasses() -> Iterator[str]:
    for path in sorted(SOURCE.rglob("*.py")):
        inside = path.relative_to(SOURCE).as_posix()
        for line, module in imports_of(path):
            allowed = ALLOWED.get(module.partition(".")[0])
            if allowed is not None and not any(fnmatch(inside, pattern) for pattern in allowed):
                where = ", ".join(allowed) or "nowhere"
                yield f"{path.relative_to(ROOT)}:{line}: {module} is used in {where} only"


def registry_addresses() -> Iterator[str]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    for name in filter(None, listed.stdout.split("\0")):
        path = ROOT / name
        if path.is_file() and REGISTRIES.search(path.read_text(encoding="utf-8", errors="ignore")):
            yield f"{name}: names a package registry"


if __name__ == "__main__":
    found = [*trespasses(), *registry_addresses()]
    print("\n".join(found))
    sys.exit(1 if found else 0)

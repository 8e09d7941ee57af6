"""The library is for other people's programs: it takes in nothing of the server."""

import json
import subprocess
import sys

LOOK = """
import json, sys
import watchword.relying
print(json.dumps(sorted(sys.modules)))
"""


def test_importing_it_takes_in_nothing_of_the_server():
    ran = subprocess.run([sys.executable, "-c", LOOK], capture_output=True, text=True, timeout=60, check=True)
    modules = json.loads(ran.stdout)
    ours = {name for name in modules if name.partition(".")[0] == "watchword"}
    assert all(name in ("watchword", "watchword.relying") or name.startswith("watchword.relying.") for name in ours)
    assert "watchword.relying.sessions" in ours
    servers = {"sqlalchemy", "fastapi", "starlette", "uvicorn", "jinja2", "pydantic", "psycopg", "structlog", "alembic"}
    assert not servers & {name.partition(".")[0] for name in modules}

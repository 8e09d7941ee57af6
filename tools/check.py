"""Everything `make check` holds the project to, side by side. Prints what failed and how long each took.

.venv/bin/python -m tools.check            all of it
.venv/bin/python -m tools.check ruff mypy  what these names begin
"""

import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
PYTHON = sys.executable

CHECKS: dict[str, list[str]] = {
    "mypy": [f"{BIN}/mypy", "--no-error-summary"],
    "imports": [PYTHON, "-c", "from importlinter.cli import lint_imports_command as c; c()", "--no-logo"],
    "dead code": [PYTHON, "-m", "tools.check_dead"],
    "bandit": [PYTHON, "-m", "bandit", "-q", "-r", "-c", "pyproject.toml", "src", "examples"],
    "deptry": [f"{BIN}/deptry", "src"],
    "migrations": [PYTHON, "-m", "watchword.storage.migrations"],
    "translations": [PYTHON, "-m", "tools.check_locale"],
    "borders": [PYTHON, "-m", "tools.check_borders"],
    "sizes": [PYTHON, "-m", "tools.check_sizes"],
    "docs": [PYTHON, "-m", "tools.check_docs"],
    "ruff lint": [f"{BIN}/ruff", "check", "--quiet", "."],
    "ruff format": [f"{BIN}/ruff", "format", "--check", "--output-format", "concise", "."],
}
"""The slowest first, so that the others run beside it."""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    name: str
    ok: bool
    seconds: float
    output: str


def run(name: str) -> Outcome:
    started = time.perf_counter()
    environment = {**os.environ, "NO_COLOR": "1", "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        CHECKS[name], cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    seconds = time.perf_counter() - started
    return Outcome(name=name, ok=done.returncode == 0, seconds=seconds, output=done.stdout + done.stderr)


def main() -> int:
    wanted = [name for name in CHECKS if not sys.argv[1:] or name.startswith(tuple(sys.argv[1:]))]
    with ThreadPoolExecutor(max_workers=max(2, os.cpu_count() or 2)) as pool:
        outcomes = list(pool.map(run, wanted))
    for outcome in outcomes:
        if not outcome.ok:
            print(f"---- {outcome.name}\n{outcome.output.rstrip()}\n")
    for outcome in sorted(outcomes, key=lambda each: each.ok):
        print(f"{'good' if outcome.ok else 'BAD '}  {outcome.name}  {outcome.seconds:.1f} s")
    return 0 if all(outcome.ok for outcome in outcomes) else 1


if __name__ == "__main__":
    sys.exit(main())

"""A few tests that failed beside others are run once more, alone, and named.

Only where a browser, a proxy or another real program is waited for, which a busy machine may make too slow: a race, an
attack or a rule that fails once has failed. Whoever fails alone too has failed.

As a pytest plugin it notes what failed; as a script it runs that again.

    pytest -p tools.once_more … || python -m tools.once_more
"""

import subprocess
import sys
from pathlib import Path

import pytest

NOTED = Path(__file__).resolve().parent.parent / "var" / "failed-tests.txt"
MOST = 4
"""More than that is no accident."""
WAITING = ("tests/browser/", "tests/proxies/", "tests/openid/", "tests/exchange/")


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if reporter is None:  # a worker: the controller notes
        return
    failed = [report.nodeid for kind in ("failed", "error") for report in reporter.stats.get(kind, [])]
    only_failed = session.exitstatus == pytest.ExitCode.TESTS_FAILED
    NOTED.parent.mkdir(exist_ok=True)
    NOTED.write_text("\n".join(dict.fromkeys(failed)) if only_failed else "")


def main() -> int:
    names = NOTED.read_text().splitlines() if NOTED.exists() else []
    NOTED.unlink(missing_ok=True)
    if not 0 < len(names) <= MOST or not all(name.startswith(WAITING) for name in names):
        return 1
    print(f"These failed beside others and are run once more, alone: {', '.join(names)}", flush=True)
    command = [sys.executable, "-m", "pytest", "-p", "tools.no_skips", "-q", *names]
    return subprocess.run(command, cwd=NOTED.parent.parent, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())

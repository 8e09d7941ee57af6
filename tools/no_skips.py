"""A pytest plugin for the whole suite: a test that was skipped, or expected to fail, fails the run."""

import pytest


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if reporter is None:  # a worker: the controller counts
        return
    left_out = [*reporter.stats.get("skipped", []), *reporter.stats.get("xfailed", [])]
    if left_out and session.exitstatus == pytest.ExitCode.OK:
        reporter.write_line(f"{len(left_out)} tests were left out: every test must run.")
        session.exitstatus = pytest.ExitCode.TESTS_FAILED

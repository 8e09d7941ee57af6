"""nginx with ``auth_request``, configured word for word as in ``deploy/nginx``."""

from collections.abc import Iterator

import pytest

from tests.proxies.conftest import Behind
from tests.proxies.rules import ProxyRules
from tests.support.ports import free_port
from tests.support.proxies import Proxy, nginx


@pytest.fixture(scope="module")
def proxy(behind: Behind, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    with nginx(tmp_path_factory.mktemp("nginx"), port=free_port(), **behind.ports) as running:
        yield running


@pytest.fixture(scope="module")
def deaf(behind: Behind, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    """In front of a door that does not answer."""
    nobody = {"door": free_port(), "question": free_port()}
    with nginx(tmp_path_factory.mktemp("deaf"), port=free_port(), **behind.ports | nobody) as running:
        yield running


class TestNginx(ProxyRules):
    passes_web_sockets = False

"""How a command fails: in sentences."""

import sys
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec

import click

from watchword.foundation.errors import WatchwordError

P = ParamSpec("P")


def plainly(command: Callable[P, None]) -> Callable[P, None]:
    """Errors raised on purpose are sentences for people; they need no traceback."""

    @wraps(command)
    def told(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            command(*args, **kwargs)
        except WatchwordError as refused:
            for line in str(refused).splitlines():
                click.echo(f"watchword: {line}", err=True)
            sys.exit(2)

    return told

"""Tables as text for spreadsheets (RFC 4180), in which no field is a formula.

Excel, LibreOffice and others run a cell that begins with ``=``, ``+``, ``-`` or ``@``, in their wide forms too, and
some after a tab or a line break. An apostrophe before it makes it text. What a device calls itself is its own claim.
"""

import csv
import io
from collections.abc import Iterable, Sequence

_BEGINS_FORMULA = frozenset("=+-@\t\r\n＝＋－＠")


def table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """UTF-8 with a mark, so that spreadsheets read it as that; every field in quotes."""
    text = io.StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow([cell(name) for name in header])
    writer.writerows([cell(value) for value in row] for row in rows)
    return "\ufeff" + text.getvalue()


def cell(value: object) -> str:
    text = "" if value is None else str(value)
    bare = text.lstrip(" \u00a0\u3000")
    return f"'{text}" if {*text[:1], *bare[:1]} & _BEGINS_FORMULA else text

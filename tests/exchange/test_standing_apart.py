"""The example knows no more than any platform: of Watchword it imports the client library, and nothing else."""

import ast
from pathlib import Path


def test_it_imports_nothing_of_the_server() -> None:
    for path in Path("examples/exchange").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            names = [node.module] if isinstance(node, ast.ImportFrom) else []
            names += [each.name for each in node.names] if isinstance(node, ast.Import) else []
            ours = [name for name in names if name and name.partition(".")[0] in ("watchword", "tools", "tests")]
            assert set(ours) <= {"watchword.relying"}, path

"""No module of the suite's plans without its test, and no test that claims to be a module and is none."""

import ast
from pathlib import Path

import pytest

from tests.openid.modules import NOT_APPLICABLE, PLANS


def named(module: str) -> str:
    return f"test_{module.replace('-', '_')}"


@pytest.mark.parametrize("plan", PLANS)
def test_each_module_has_its_test(plan: str) -> None:
    files = sorted(Path(__file__).parent.glob(f"test_conformance_{plan}*.py"))
    tests = [
        step.name
        for file in files
        for step in ast.parse(file.read_text()).body
        if isinstance(step, ast.FunctionDef) and step.name.startswith("test_oidcc")
    ]
    assert sorted(tests) == sorted(named(module) for module in PLANS[plan])


def test_what_does_not_apply_is_of_the_list() -> None:
    assert set(NOT_APPLICABLE) <= {module for modules in PLANS.values() for module in modules}
    assert all(NOT_APPLICABLE.values())
    assert [len(modules) for modules in PLANS.values()] == [38, 1, 11, 2]

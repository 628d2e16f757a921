"""Whatever cannot be seen is given a reason of the closed list, and no other."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import mitate.collect
from mitate.model.reasons import BY_CODE


def given() -> Iterator[tuple[str, str]]:
    """(file, reason) of every CannotSee with a reason written out."""
    for path in Path(mitate.collect.__path__[0]).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "CannotSee":
                for reason in ast.walk(node.args[1]) if len(node.args) > 1 else ():
                    if isinstance(reason, ast.Constant) and isinstance(reason.value, str):
                        yield path.name, reason.value


def test_every_reason_is_of_the_closed_list() -> None:
    found = set(given())
    assert len(found) > 20
    assert [pair for pair in sorted(found) if pair[1] not in BY_CODE] == []

"""Puts switches into the Python code of OpenStack's services: run inside a host of the lab, by its own
Python.

Arguments: `install` and a JSON list of faults (see `catalogue.py`), or `remove`.

Nothing of the source files changes. Each function is changed as a tree, and what is compiled of it is put
where Python looks first, `__pycache__`, marked as not to be held against the source (PEP 552): so a
traceback shows the true file, line and text, and no frame that is not the service's own. What is changed
does its harm only while `SWITCHES/ID` exists; it is looked at whenever the code is passed, so that no
service needs a restart for it.
"""

from __future__ import annotations

import ast
import json
import marshal
import sys
from collections import defaultdict
from collections.abc import Iterator
from importlib.util import MAGIC_NUMBER, cache_from_source
from pathlib import Path
from typing import TypeVar

PACKAGES = Path("/usr/lib/python3/dist-packages")
SWITCHES = "/run/mitate-code-faults"
_KEPT = ".kept"
_UNCHECKED_HASH = (1).to_bytes(4, "little") + bytes(8)
Node = TypeVar("Node", bound=ast.AST)
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


class Fault:
    """One fault: where it is, and what the code does instead."""

    def __init__(self, described: dict[str, str]) -> None:
        self.id = described["id"]
        self.kind = described["kind"]
        self.function = described["function"]
        self.at = described.get("at", "")
        self.does = described.get("does", "")

    def is_on(self) -> ast.expr:
        return _expression(f"__import__('os').path.exists('{SWITCHES}/{self.id}')")

    def apply(self, module: ast.Module) -> None:
        function = _function(module, self.function)
        if self.kind == "value":
            self._returns(function)
        elif self.kind == "parameter":
            self._passes(function)
        else:
            self._statement(function)

    def _statement(self, function: ast.AST) -> None:
        """An exception or a delay before a statement, or the statement left out."""
        block, index = self._place(function)
        old = block[index]
        if self.kind == "missing":
            new = ast.If(test=ast.UnaryOp(ast.Not(), self.is_on()), body=[old], orelse=[])
            block[index] = _standing(new, old)
            return
        harm = f"raise {self.does}" if self.kind == "exception" else f"__import__('time').sleep({self.does})"
        new = ast.If(test=self.is_on(), body=ast.parse(harm).body, orelse=[])
        block.insert(index, _standing(new, old))

    def _place(self, function: ast.AST) -> tuple[list[ast.stmt], int]:
        """The innermost statement that holds `at`; without it, the first one after the docstring."""
        if not self.at:
            body: list[ast.stmt] = function.body  # type: ignore[attr-defined]
            first = body[0]
            has_page = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and len(body) > 1
            return body, int(has_page)
        place, inside = None, function
        while found := next(self._those_that_hold(inside), None):
            place, inside = found, found[0][found[1]]
        if place is None:
            raise SystemExit(f"{self.id}: nothing in {self.function} reads {self.at}")
        return place

    def _those_that_hold(self, node: ast.AST) -> Iterator[tuple[list[ast.stmt], int]]:
        for name in ("body", "handlers", "orelse", "finalbody"):
            block: list[ast.stmt] = getattr(node, name, None) or []
            for index, stmt in enumerate(block):
                if self.at in ast.unparse(stmt):
                    yield block, index

    def _returns(self, function: ast.AST) -> None:
        """Another value is returned; `it` is what would have been."""
        found = [
            node for node in ast.walk(function) if isinstance(node, ast.Return) and node.value is not None
        ]
        found = [node for node in found if self.at in ast.unparse(node)]
        if not found:
            raise SystemExit(f"{self.id}: {self.function} returns nothing like {self.at}")
        for node in found:
            assert node.value is not None
            node.value = self._instead(node.value)

    def _passes(self, function: ast.AST) -> None:
        """`at` is `CALL(NAME or number)`: that argument of the calls of CALL is another; `it` is the right
        one."""
        called, _, which = self.at.rstrip(")").rpartition("(")
        found = 0
        for node in ast.walk(function):
            if not isinstance(node, ast.Call) or ast.unparse(node.func) != called:
                continue
            if which.isdigit() and int(which) < len(node.args):
                node.args[int(which)] = self._instead(node.args[int(which)])
                found += 1
            for keyword in node.keywords:
                if keyword.arg == which:
                    keyword.value = self._instead(keyword.value)
                    found += 1
        if not found:
            raise SystemExit(f"{self.id}: {self.function} does not call {self.at}")

    def _instead(self, right: ast.expr) -> ast.expr:
        wrong = ast.Call(func=_expression(f"lambda it: {self.does}"), args=[right], keywords=[])
        return _standing(ast.IfExp(test=self.is_on(), body=wrong, orelse=right), right)


def _expression(text: str) -> ast.expr:
    return ast.parse(text, mode="eval").body


def _standing(new: Node, old: ast.AST) -> Node:
    """All that is new stands where the old stood; what of the old is in it stays where it was."""
    kept = {id(node) for node in ast.walk(old)}
    for node in ast.walk(new):
        if id(node) not in kept:
            ast.copy_location(node, old)
            for name in ("lineno", "col_offset", "end_lineno", "end_col_offset"):
                if name in node._attributes:
                    setattr(node, name, getattr(old, name))
    return new


def _function(module: ast.Module, path: str) -> ast.AST:
    here: ast.AST = module
    for name in path.split("."):
        inside = [n for n in ast.walk(here) if isinstance(n, (*_FUNCTIONS, ast.ClassDef)) and n.name == name]
        if not inside:
            raise SystemExit(f"there is no {path}")
        here = inside[0]
    return here


def install(faults: list[dict[str, str]]) -> None:
    by_file = defaultdict(list)
    for described in faults:
        by_file[described["file"]].append(Fault(described))
    for file, of_file in by_file.items():
        source = PACKAGES / file
        if not source.exists():
            continue
        module = ast.parse(source.read_bytes(), str(source))
        for fault in of_file:
            fault.apply(module)
        code = compile(module, str(source), "exec", dont_inherit=True)
        cached = Path(cache_from_source(str(source)))
        kept = Path(f"{cached}{_KEPT}")
        if cached.exists() and not kept.exists():
            cached.rename(kept)
        cached.parent.mkdir(exist_ok=True)
        cached.write_bytes(MAGIC_NUMBER + _UNCHECKED_HASH + marshal.dumps(code))
    Path(SWITCHES).mkdir(parents=True, exist_ok=True)


def remove(files: list[str]) -> None:
    for file in files:
        cached = Path(cache_from_source(str(PACKAGES / file)))
        kept = Path(f"{cached}{_KEPT}")
        cached.unlink(missing_ok=True)
        if kept.exists():
            kept.rename(cached)
    for switch in Path(SWITCHES).glob("*"):
        switch.unlink()


if __name__ == "__main__":
    verb, told = sys.argv[1], json.loads(sys.argv[2])
    install(told) if verb == "install" else remove(told)

"""Ansible's INI form of an inventory."""

from __future__ import annotations

import re
import shlex
from typing import Any

from mitate.collect.transport.ansible_tree import Tree, expand

_SECTION = re.compile(r"\[([^:\]\s]+)(?::(\w+))?\]\s*(?:#.*)?")
_PORT = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[^:\[\]]+(?:\[[^\]]*\][^:\[\]]*)*):(\d{1,5})")


def read_ini(text: str, tree: Tree) -> None:
    """Put the hosts and groups of a file into the tree. Raises ValueError that says which line is wrong."""
    group, kind = "ungrouped", "hosts"
    for number, raw in enumerate(text.splitlines(), 1):
        line = raw.strip()
        if not line or line[0] in "#;":
            continue
        section = _SECTION.fullmatch(line)
        if section:
            group, kind = section[1], section[2] or "hosts"
            if kind not in ("hosts", "vars", "children"):
                raise ValueError(f"line {number} opens a section of an unknown kind")
            tree.add_group(group)
            continue
        try:
            _line(line, group, kind, tree)
        except ValueError as error:
            raise ValueError(f"line {number}: {error}") from None


def _line(line: str, group: str, kind: str, tree: Tree) -> None:
    if kind == "vars":
        name, equals, value = line.partition("=")
        if not equals:
            raise ValueError("a variable needs name=value")
        tree.group_vars(group, {name.strip(): _unquoted(value.strip())})
        return
    words = shlex.split(line, comments=True)
    if kind == "children":
        if len(words) != 1:
            raise ValueError("a child group is one word")
        tree.add_child(group, words[0])
        return
    variables: dict[str, Any] = {}
    for word in words[1:]:
        name, equals, value = word.partition("=")
        if not equals:
            raise ValueError("after a host come its variables, name=value")
        variables[name] = value
    pattern = words[0]
    if not re.fullmatch(r"[\w.:\[\]@%-]+", pattern):
        raise ValueError("this is no host name")
    if port := _PORT.fullmatch(pattern):
        pattern = port[1].strip("[]") if port[1].startswith("[") else port[1]
        variables.setdefault("ansible_port", port[2])
    for host in expand(pattern):
        tree.add_host(host, group)
        tree.host_vars(host, variables)


def _unquoted(value: str) -> str:
    """Without the quotes around it, and without a comment behind it."""
    try:
        words = shlex.split(value, comments=True)
    except ValueError:
        return value
    return words[0] if len(words) == 1 else value

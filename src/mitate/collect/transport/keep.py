"""Only the fields that a question names are kept of an API's answer: redaction by allow-list."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mitate.collect.transport.redact import redact, scrub

LONG = 64
"""No id or name of OpenStack is longer but tokens are."""


def kept(item: Any, fields: Sequence[str]) -> Any:
    """The item with only those fields, nested as they were; a dot goes deeper, through lists too.

    A name that ends in ``*`` stands for every name that begins so and has no entry of its own.

    >>> kept({"id": 1, "adminPass": "x", "links": [{"a": 1, "b": 2}]}, ("id", "links.a"))
    {'id': 1, 'links': [{'a': 1}]}
    >>> kept({"hw_video_ram": "8", "direct_url": "x", "by": {"r1": {"a": 1, "b": 2}}}, ("hw_*", "by.*.a"))
    {'hw_video_ram': '8', 'by': {'r1': {'a': 1}}}
    """
    tree: dict[str, Any] = {}
    for field in fields:
        here = tree
        for name in field.split("."):
            here = here.setdefault(name, {})
    return _prune(item, tree)


def _prune(item: Any, tree: dict[str, Any]) -> Any:
    if not tree:
        return _clean(item)
    if isinstance(item, list):
        return [_prune(each, tree) for each in item]
    if isinstance(item, dict):
        found: dict[str, Any] = {}
        for name, below in tree.items():
            if name in item:
                found[name] = _prune(item[name], below)
            elif name.endswith("*"):
                alike = (each for each in item if each.startswith(name[:-1]) and each not in tree)
                found |= {each: _prune(item[each], below) for each in alike}
        return found
    return _clean(item)


def _clean(value: Any) -> Any:
    """Free text (anything with a space in it) goes through the words' allow-list; names and ids stay."""
    if isinstance(value, str):
        if " " in value:
            return redact(value)
        return scrub(value) if "=" in value or "://" in value or len(value) > LONG else value
    if isinstance(value, list):
        return [_clean(each) for each in value]
    if isinstance(value, dict):
        return {name: _clean(each) for name, each in value.items()}
    return value

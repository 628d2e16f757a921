"""Groups, hosts and their variables, as Ansible lays them over one another."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

MAX_HOSTS = 50_000
_RANGE = re.compile(r"\[([0-9]+|[A-Za-z]):([0-9]+|[A-Za-z])(?::([0-9]+))?\]")


class Tree:
    """hosts and groups keep the order in which they were named."""

    def __init__(self) -> None:
        self.hosts: dict[str, dict[str, Any]] = {}
        self.groups: dict[str, dict[str, Any]] = {"all": {}, "ungrouped": {}}
        self._parents: dict[str, set[str]] = {}
        """Of hosts (by " name", which no group can be called) and of groups."""

    def add_group(self, group: str) -> None:
        self.groups.setdefault(group, {})

    def add_host(self, host: str, group: str) -> None:
        if host not in self.hosts and len(self.hosts) >= MAX_HOSTS:
            raise ValueError(f"it names more than {MAX_HOSTS} hosts")
        self.add_group(group)
        self.hosts.setdefault(host, {})
        self._parents.setdefault(f" {host}", set()).add(group)

    def add_child(self, group: str, child: str) -> None:
        self.add_group(group)
        self.add_group(child)
        self._parents.setdefault(child, set()).add(group)

    def host_vars(self, host: str, variables: Mapping[str, Any]) -> None:
        self.hosts[host].update(variables)

    def group_vars(self, group: str, variables: Mapping[str, Any]) -> None:
        self.add_group(group)
        self.groups[group].update(variables)

    def groups_of(self, host: str) -> tuple[str, ...]:
        """Every group it is in, but ``all`` and ``ungrouped``; sorted."""
        return tuple(sorted(set(self._depths(host)) - {"all", "ungrouped"}))

    def vars_of(self, host: str) -> dict[str, Any]:
        """all, then groups from the outermost in, then the host itself: the last one wins."""
        depths = self._depths(host)
        merged = dict(self.groups["all"])
        for group in sorted(depths, key=lambda group: (-depths[group], group)):
            if group != "all":
                merged.update(self.groups[group])
        return merged | self.hosts[host]

    def _depths(self, host: str) -> dict[str, int]:
        """How far above the host each of its groups is; a group that is its own ancestor is counted once."""
        depths: dict[str, int] = {}
        here, depth = {f" {host}"}, 0
        while here and depth <= len(self.groups):
            above = {parent for name in here for parent in self._parents.get(name, ())}
            depth += 1
            depths.update(dict.fromkeys(above, depth))
            here = above
        return depths


def expand(pattern: str) -> Iterator[str]:
    """The hosts that a name with ranges stands for. Raises ValueError for a range that runs backwards.

    >>> list(expand("rack[a:b]-compute[08:10]"))[:4]
    ['racka-compute08', 'racka-compute09', 'racka-compute10', 'rackb-compute08']
    """
    found = _RANGE.search(pattern)
    if not found:
        yield pattern
        return
    first, last, step = found[1], found[2], int(found[3] or 1)
    if first.isdigit() != last.isdigit() or step < 1:
        raise ValueError(f"the range {found[0]} makes no sense")
    start, stop = (int(first), int(last)) if first.isdigit() else (ord(first), ord(last))
    if stop < start:
        raise ValueError(f"the range {found[0]} makes no sense")
    width = len(first) if first.startswith("0") else 0
    each = (str(n).zfill(width) if first.isdigit() else chr(n) for n in range(start, stop + 1, step))
    for middle in each:
        for rest in expand(pattern[found.end() :]):
            yield pattern[: found.start()] + middle + rest


def as_text(value: Any) -> str:
    """A variable as text; "" for what Ansible would have to work out (Jinja), and for what is no text."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return ""
    text = str(value).strip()
    return "" if "{{" in text or "{%" in text or "\0" in text else text

"""What nova-scheduler wrote of one request (at level debug): whom Placement left, and whom each filter left.

The messages are those of nova/scheduler/manager.py, host_manager.py and nova/filters.py.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable
from typing import NamedTuple

_STATE = re.compile(r"Update host state from compute node: ComputeNode\(.*?\bhypervisor_hostname='([^']+)'")
_START = re.compile(r"Starting with (\d+) host\(s\)")
_LEFT = re.compile(r"Filter (\w+) returned (\d+) hosts?(?:\(s\))?")
_RESULTS = re.compile(r"Filtering removed all hosts .* Filter results: (\[.*\])$")
_FILTERED = re.compile(r"Filtered (.*)$")
_HOST = re.compile(r"\(([^,()]+), ([^()]+)\) ram:")
_SHORT = re.compile(r"There are (\d+) hosts available but (\d+) instances requested")


class Filtered(NamedTuple):
    """One filter, for the first server of a request. hosts: nodes that are left, None where not said."""

    name: str
    left: int
    hosts: frozenset[str] | None = None


class Said(NamedTuple):
    """candidates: nodes that Placement left; None when Placement was not asked, or left nobody.

    started: hosts that came before the first filter; None when no filter ran (a forced host, or no hosts).
    final: nodes that remain after all filters. selected: servers of the request that got a host.
    unclaimed: Placement gave none of the remaining hosts to one of the servers.
    """

    reached: bool = False
    refused_by_placement: bool = False
    candidates: frozenset[str] | None = None
    started: int | None = None
    filters: tuple[Filtered, ...] = ()
    final: frozenset[str] | None = None
    selected: int = 0
    short: bool = False
    unclaimed: bool = False
    errors: tuple[str, ...] = ()


def said(lines: Iterable[str], request_id: str) -> Said:
    """Read the lines of one request. The filters run once for each server: the first time counts.

    >>> one = "2026-01-01 00:00:00.000 1 DEBUG nova.filters [None req-1 u p - - -] "
    >>> found = said([one + "Starting with 2 host(s) x", one + "Filter ComputeFilter returned 1 host(s) x",
    ...     one + "Filtered [(a, a.lab) ram: 1MB disk: 1MB io_ops: 0 instances: 0] x"], "req-1")
    >>> found.started, found.filters[0][:2], sorted(found.final)
    (2, ('ComputeFilter', 1), ['a.lab'])
    """
    candidates: set[str] = set()
    left: list[Filtered] = []
    errors: list[str] = []
    started: int | None = None
    final: frozenset[str] | None = None
    reached = refused = short = unclaimed = False
    selected = 0
    for line in lines:
        if request_id not in line:
            continue
        reached = True
        if " ERROR " in line[:60]:
            errors.append(line.rstrip())
        if found := _STATE.search(line):
            candidates.add(found[1])
        elif "Got no allocation candidates" in line:
            refused = True
        elif _SHORT.search(line):
            short = True
        elif "Unable to successfully claim against any host" in line:
            unclaimed = True
        elif "Selected host: " in line:
            selected += 1
        elif final is None:
            if found := _START.search(line):
                started = int(found[1])
            elif found := _LEFT.search(line):
                left.append(Filtered(found[1], int(found[2])))
            elif (found := _RESULTS.search(_message(line))) and "(start:" not in found[1]:
                left = _named(found[1])
            elif found := _FILTERED.search(line):
                final = frozenset(node for _, node in _HOST.findall(found[1]))
    return Said(
        reached,
        refused,
        frozenset(candidates) if candidates else None,
        started,
        tuple(left),
        final,
        selected,
        short,
        unclaimed,
        tuple(errors),
    )


def _message(line: str) -> str:
    """Without what oslo.log adds at level debug: the function, and where it is."""
    return re.sub(r" \w+ /\S+\.py:\d+\s*$", "", line.rstrip())


def _named(text: str) -> list[Filtered]:
    """[('ComputeFilter', [('host', 'node'), …]), ('LastFilter', None)]"""
    named = []
    for name, hosts in ast.literal_eval(text):
        nodes = frozenset(node for _, node in hosts or ())
        named.append(Filtered(name, len(nodes), nodes))
    return named

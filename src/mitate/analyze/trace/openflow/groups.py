"""The buckets of a group."""

from __future__ import annotations

import re
from collections.abc import Mapping

import msgspec

from mitate.analyze.trace.openflow.actions import Action
from mitate.analyze.trace.openflow.bridge import Bridge
from mitate.analyze.trace.openflow.grammar import parse
from mitate.analyze.trace.openflow.match import port_number
from mitate.model.ovs import OvsGroup


class Bucket(msgspec.Struct, frozen=True):
    """watch: the port that must live for it, None for none."""

    actions: tuple[Action, ...]
    watch: int | None = None


_WATCH = re.compile(r'watch_port:("[^"]*"|[^,]+)')


def buckets(group: OvsGroup, ports: Mapping[str, int]) -> list[Bucket]:
    """The buckets of a group, in their order. Raises ValueError for words that are none."""
    found = []
    for text in group.buckets.split("bucket=")[1:]:
        ways, _, actions = text.rstrip(",").partition("actions=")
        watched = _WATCH.search(ways)
        watch = port_number(watched[1], ports) if watched else None
        found.append(Bucket(parse(actions, ports), watch if watch != 0xFFFF else None))
    return found


def alive(bucket: Bucket, bridge: Bridge) -> bool:
    """A bucket without a port to watch lives; so does one whose port's link is not known to be down."""
    if bucket.watch is None:
        return True
    port = bridge.ports.get(bucket.watch)
    return port is not None and port.fact.link_up is not False

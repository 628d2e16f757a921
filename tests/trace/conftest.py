"""A healthy cloud to walk in: a recording of the practice cloud, in which a test changes one thing."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path

import msgspec
import pytest

from mitate.analyze.trace.world import World
from mitate.app import Truth, open_eyes
from mitate.collect.look import look
from mitate.model.cloud import FloatingIp, Port, Router, Server
from mitate.model.net import Link
from mitate.model.snapshot import Snapshot, snapshot
from mitate.model.source import Fact

RECORDINGS = Path(__file__).parents[1] / "recordings"
Change = Callable[[Fact], Iterable[Fact]]


@cache
def recorded(name: str) -> Snapshot:
    """A recording of tests/recordings as a snapshot, parsed once."""
    eyes = open_eyes(Truth(bundle=RECORDINGS / f"{name}.tar.gz"))
    return asyncio.run(look(eyes.cloud, eyes.api, eyes.hosts, eyes.more_hosts, eyes.taken_at))


class Cloud:
    """The healthy cloud, and the names of its parts; ``but`` gives its world with some facts changed."""

    client = "external:198.51.100.7"

    def __init__(self, seen: Snapshot) -> None:
        self.seen = seen
        self.floating = next(each for each in seen.all(FloatingIp) if each.port_id)
        self.port = next(each for each in seen.all(Port) if each.id == self.floating.port_id)
        self.router = next(each for each in seen.all(Router) if each.id == self.floating.router_id)
        self.servers = {each.name: each for each in seen.all(Server)}
        self.space = f"qrouter-{self.router.id}"
        self.tap = self.port.tap
        self.vxlan = next((each.name for each in seen.all(Link) if each.kind == "vxlan"), "")

    def device(self, prefix: str) -> str:
        """The name of a device of the router: qg- or qr-."""
        return next(
            each.name
            for each in self.seen.all(Link)
            if each.namespace == self.space and each.name.startswith(prefix)
        )

    def but(self, change: Change | None = None, *more: Fact) -> World:
        """change: what becomes of each fact (nothing, itself, another). more: facts added."""
        facts = [fact for kind in self.seen.facts.values() for fact in kind]
        changed = [new for fact in facts for new in (change(fact) if change else (fact,))]
        looked = {*self.seen.looked, *((type(fact).__name__, fact.source.host) for fact in more)}
        return World(snapshot(self.seen.cloud, self.seen.taken_at, [*changed, *more], self.seen.gaps, looked))

    def like(self, kind: type[Fact], host: str, **fields: object) -> Fact:
        """A fact of that kind and host, with some fields of its own."""
        some = next(each for each in self.seen.all(kind) if each.source.host == host)
        return msgspec.structs.replace(some, **fields)


@pytest.fixture
def cloud() -> Cloud:
    return Cloud(recorded("healthy"))


def without(unwanted: Callable[[Fact], bool]) -> Change:
    return lambda fact: () if unwanted(fact) else (fact,)


def changed(wanted: Callable[[Fact], bool], **fields: object) -> Change:
    return lambda fact: (msgspec.structs.replace(fact, **fields),) if wanted(fact) else (fact,)

"""The way that led to where a packet left the switch, or died in it; made into steps only when asked."""

from __future__ import annotations

import msgspec

from mitate.analyze.trace.openflow.bridge import Bridge, Port
from mitate.analyze.trace.openflow.fields import Key
from mitate.analyze.trace.openflow.tables import Rule
from mitate.model.diagnosis import Evidence
from mitate.model.source import Fact
from mitate.model.trace import Step


class Note(msgspec.Struct, frozen=True):
    """A step that is no flow. kind: of ``model.trace.KINDS``."""

    kind: str
    did: str
    fact: Fact | None = None


class Trail:
    """One thing that happened, and the trail that led to it: branches share their beginning."""

    __slots__ = ("before", "bridge", "note", "rule", "table")

    def __init__(
        self,
        before: Trail | None,
        bridge: str = "",
        table: int = 0,
        rule: Rule | None = None,
        note: Note | None = None,
    ) -> None:
        self.before, self.bridge, self.table, self.rule, self.note = before, bridge, table, rule, note

    def steps(self) -> tuple[Step, ...]:
        """From the beginning on."""
        found = []
        here: Trail | None = self
        while here is not None:
            found.append(here._step())
            here = here.before
        return tuple(reversed(found))

    def tables(self) -> list[tuple[str, int, Rule]]:
        """(bridge, table, rule) of the flows on the way, the last first."""
        found = []
        here: Trail | None = self
        while here is not None:
            if here.rule:
                found.append((here.bridge, here.table, here.rule))
            here = here.before
        return found

    def _step(self) -> Step:
        if self.note:
            fact = self.note.fact
            return Step(self.note.kind, self.note.did, Evidence.of(fact) if fact else None)
        assert self.rule
        fact = self.rule.fact
        did = f"{self.bridge} table {self.table}: {self.rule.text[:200]}"
        return Step("ovs_table", did, Evidence.of(fact) if fact else None)


class Left(msgspec.Struct, frozen=True):
    """The packet left the switch by a port."""

    port: Port
    key: Key
    trail: Trail | None


class Death(msgspec.Struct, frozen=True):
    """A branch of the packet's way that ended inside the switch.

    kind: miss (no flow), drop (a flow says so, or does nothing), stale (no such port), patch (no other end),
    tunnel, nowhere (nobody in the VLAN), vlan, same_port, gone, unknown_port, reserved, controller, ttl,
    loop (over the limits of the switch), unknown (not modelled).
    """

    kind: str
    bridge: Bridge
    table: int
    key: Key
    trail: Trail | None
    says: str
    fact: Fact | None = None

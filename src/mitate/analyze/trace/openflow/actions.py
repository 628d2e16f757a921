"""The actions of a flow, as values; ``grammar.parse`` makes them."""

from __future__ import annotations

import msgspec

from mitate.analyze.trace.openflow.fields import Field


class Action(msgspec.Struct, frozen=True):
    """What a flow does."""


class Output(Action, frozen=True):
    """port: its number, also a reserved one; None: a name that no port has. text: as it was written."""

    port: int | None
    text: str = ""


class OutputField(Action, frozen=True):
    """Out of the port whose number a field holds."""

    source: Field


class Resubmit(Action, frozen=True):
    """port None: the packet's own. table None: the same."""

    port: int | None = None
    table: int | None = None


class Goto(Action, frozen=True):
    table: int


class Put(Action, frozen=True):
    """A value into a field (load, set_field, mod_…). mask: the bits that change."""

    target: Field
    value: int
    mask: int


class SetVlan(Action, frozen=True):
    """VLAN id or priority as OpenFlow 1.0 sets it: a tag is made when there is none."""

    bits: int
    mask: int


class Move(Action, frozen=True):
    source: Field
    target: Field


class PushVlan(Action, frozen=True):
    pass


class PopVlan(Action, frozen=True):
    pass


class DecTtl(Action, frozen=True):
    pass


class Push(Action, frozen=True):
    source: Field


class Pop(Action, frozen=True):
    target: Field


class Write(Action, frozen=True):
    """write_actions: into the action set."""

    actions: tuple[Action, ...]


class Clear(Action, frozen=True):
    pass


class Clone(Action, frozen=True):
    """Done on a copy of the packet."""

    actions: tuple[Action, ...]


class Group(Action, frozen=True):
    number: int


class Nat(msgspec.Struct, frozen=True):
    """low: the first address and port that are given out, None to keep. many: there are more of them."""

    source: bool
    address: int | None = None
    port: int | None = None
    many: bool = False


class Track(Action, frozen=True):
    """ct(…). zone: a number, or the field that holds it. nat: None for none; Nat without address: as the
    connection has it. table: where the tracked copy goes on."""

    commit: bool = False
    force: bool = False
    zone: int | Field = 0
    table: int | None = None
    nat: Nat | None = None
    translate: bool = False
    run: tuple[Action, ...] = ()


class ClearTrack(Action, frozen=True):
    pass


class Conjunction(Action, frozen=True):
    number: int
    clause: int
    clauses: int


class Learn(Action, frozen=True):
    """matches, loads: (field of the new flow, what stands in it: a number, or a field of this packet)."""

    table: int
    priority: int
    matches: tuple[tuple[Field, int | Field], ...]
    loads: tuple[tuple[Field, int | Field], ...]
    outputs: tuple[Field, ...]


class CheckLarger(Action, frozen=True):
    """check_pkt_larger: is the frame longer than so many bytes? The answer goes into a bit."""

    size: int
    target: Field


class Members(Action, frozen=True):
    """bundle: out of one of these ports. target: or its number into a field (bundle_load)."""

    ports: tuple[int, ...]
    target: Field | None = None


class Exit(Action, frozen=True):
    pass


class Nothing(Action, frozen=True):
    """It has no effect on where the packet goes."""

    text: str


class Drop(Action, frozen=True):
    pass


class Unknown(Action, frozen=True):
    """Not modelled. ends: what follows cannot be told either."""

    text: str
    ends: bool = True

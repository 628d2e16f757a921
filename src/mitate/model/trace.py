"""Where a packet goes: hops made of steps, how it ended, and why. All values are frozen.

The shape is Batfish's (flow, trace, hop, step, disposition). The constructors hold what makes a trace
readable: every hop but the first begins with an entry, every hop but the last ends with an exit, and a
failure has its reason.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import msgspec

from mitate.model.diagnosis import Confidence, Evidence


class Direction(StrEnum):
    FORWARD = "forward"
    RETURN = "return"
    ICMP_ERROR = "icmp-error"


class Verdict(StrEnum):
    REACHABLE = "REACHABLE"
    REACHABLE_SMALL_ONLY = "REACHABLE_SMALL_ONLY"
    """Small packets arrive; larger ones that the sender may send are lost, and it is not told."""
    UNREACHABLE_FORWARD = "UNREACHABLE_FORWARD"
    UNREACHABLE_RETURN = "UNREACHABLE_RETURN"
    ANSWERED_BY_WRONG_NODE = "ANSWERED_BY_WRONG_NODE"
    AMBIGUOUS = "AMBIGUOUS"
    """More than one outcome is possible: two owners of an address, say."""
    UNDETERMINED = "UNDETERMINED"
    """What was needed could not be seen, or cannot be modelled."""


class Disposition(StrEnum):
    """How a trace ended: three that succeed, eleven that fail, three that do not know."""

    DELIVERED_ENDPOINT = "DELIVERED_ENDPOINT"
    DELIVERED_TO_SUBNET = "DELIVERED_TO_SUBNET"
    EXITS_SNAPSHOT = "EXITS_SNAPSHOT"
    DROPPED = "DROPPED"
    REJECTED = "REJECTED"
    NEIGH_UNRESOLVED = "NEIGH_UNRESOLVED"
    NO_ROUTE = "NO_ROUTE"
    BLACKHOLED = "BLACKHOLED"
    TOO_BIG_SIGNALLED = "TOO_BIG_SIGNALLED"
    """Too big, and ICMP "fragmentation needed" was sent; whether it came home is a trace of its own."""
    TOO_BIG_SILENT = "TOO_BIG_SILENT"
    MISDELIVERED = "MISDELIVERED"
    ANSWERED_BY_OTHER = "ANSWERED_BY_OTHER"
    LOOP = "LOOP"
    TTL_EXPIRED = "TTL_EXPIRED"
    INSUFFICIENT_INFO = "INSUFFICIENT_INFO"
    STALE_SNAPSHOT = "STALE_SNAPSHOT"
    UNSUPPORTED = "UNSUPPORTED"

    @property
    def succeeds(self) -> bool:
        return self in _SUCCESS

    @property
    def unknown(self) -> bool:
        return self in _UNKNOWN


_SUCCESS = frozenset(
    {Disposition.DELIVERED_ENDPOINT, Disposition.DELIVERED_TO_SUBNET, Disposition.EXITS_SNAPSHOT}
)
_UNKNOWN = frozenset({Disposition.INSUFFICIENT_INFO, Disposition.STALE_SNAPSHOT, Disposition.UNSUPPORTED})


class At(msgspec.Struct, frozen=True, order=True):
    """A place in the cloud. namespace "": the host's own. host "": nowhere in the snapshot (outside)."""

    host: str
    namespace: str = ""
    device: str = ""

    def __str__(self) -> str:
        space = f" {self.namespace}" if self.namespace else ""
        device = f" {self.device}" if self.device else ""
        return f"{self.host or 'outside'}{space}{device}"


_L2 = (
    "enter",
    "exit",
    "bridge_lookup",
    "vlan",
    "port_security",
    "neigh",
    "encap",
    "decap",
    "ovs_table",
    "loop",
)
_L3 = ("fib_lookup", "rp_filter", "ttl", "mtu", "local_deliver", "originate", "reply_build")
_FIREWALL = ("conntrack_lookup", "nat_dst", "nat_src", "mark", "filter")
KINDS = frozenset((*_L2, *_L3, *_FIREWALL))
"""What a step can be."""


class Step(msgspec.Struct, frozen=True):
    """One thing that happened to the packet. did: a few words. because: what shows it. reason: the code of a
    failure that happened in this very step, "" when the packet passed."""

    kind: str
    did: str
    because: Evidence | None = None
    reason: str = ""

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"there is no step of kind {self.kind}")


class Hop(msgspec.Struct, frozen=True):
    """The packet in one namespace of one host. enters, leaves: devices, "" where it begins or ends.

    guest: the server behind the tap, as the API describes it; nobody looked inside.
    """

    host: str
    namespace: str
    enters: str
    leaves: str
    steps: tuple[Step, ...]
    guest: str = ""


class Failure(msgspec.Struct, frozen=True):
    """A reason that was met on a way. code: of ``model.path_reasons``. says: one sentence about this case.

    first: it ended its trace; the others would have ended it further on ("all independent failures").
    """

    code: str
    layer: str
    at: At
    confidence: Confidence
    says: str
    fix: tuple[str, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    direction: Direction = Direction.FORWARD
    first: bool = True


class Trace(msgspec.Struct, frozen=True):
    """One way of one packet. size: bytes at layer 3. flow: its addresses at the start, for people.

    Raises ValueError when a failure has no reason or the hops do not join.
    """

    direction: Direction
    size: int
    flow: str
    hops: tuple[Hop, ...]
    disposition: Disposition
    reason: str = ""
    assumptions: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.disposition.succeeds and not self.reason:
            raise ValueError(f"{self.disposition} without a reason")
        for number, hop in enumerate(self.hops):
            first, last = number == 0, number == len(self.hops) - 1
            if not first and (not hop.steps or hop.steps[0].kind != "enter"):
                raise ValueError(f"hop {number} ({hop.host} {hop.namespace}) does not begin with an entry")
            if not last and (not hop.steps or hop.steps[-1].kind != "exit"):
                raise ValueError(f"hop {number} ({hop.host} {hop.namespace}) does not end with an exit")


class Sighting(msgspec.Struct, frozen=True):
    """A probe seen, or ARP for it. way: "in" or "out" of the device. packet: its addresses there. probe: the
    number of the shot, -1 for what is none (ARP, overheard)."""

    at: At
    way: str
    time: datetime
    packet: str
    probe: int = 0
    reply: bool = False
    kind: str = "request"
    """request, reply, reset (the reply that refuses), error (ICMP about it), arp-request, arp-reply, other"""
    src: str = ""
    dst: str = ""
    """Addresses as they stood there. Of ARP: the sender, and whom it asks for or answers."""
    smac: str = ""
    dmac: str = ""
    """Of the frame; of ARP smac is the one it speaks of."""
    tunnel: str = ""
    """Seen inside a tunnel: its endpoints and number."""


class Drop(msgspec.Struct, frozen=True):
    """A drop that the kernel named. reason: skb drop reason, as this kernel calls it."""

    at: At
    reason: str
    location: str = ""
    kind: str = ""
    """Of the packet, as of a sighting."""
    probe: int = -1
    time: datetime | None = None


class Live(msgspec.Struct, frozen=True):
    """What a real probe showed. answered: replies came home. lost_after: where it was seen last, None when it
    came home. agrees: with the prediction; None when too little was seen to say. says: what differs."""

    sent: tuple[str, ...]
    sightings: tuple[Sighting, ...] = ()
    drops: tuple[Drop, ...] = ()
    answered: bool | None = None
    lost_after: At | None = None
    agrees: bool | None = None
    says: tuple[str, ...] = ()


class Path(msgspec.Struct, frozen=True):
    """The answer of ``mitate trace``. path_mtu: the largest packet that arrives both ways, None if none does.

    reasons: the first cause first. asked: what was wanted, as a person says it.
    """

    cloud: str
    taken_at: datetime
    source: str
    destination: str
    asked: str
    verdict: Verdict
    path_mtu: int | None
    traces: tuple[Trace, ...]
    reasons: tuple[Failure, ...] = ()
    live: Live | None = None
    took_s: float = 0.0
    as_wanted: tuple[str, ...] = ()
    """Codes of reasons that the API itself wants so: a security group without a rule for this packet."""

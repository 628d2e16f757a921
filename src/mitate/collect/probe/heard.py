"""What the program on a host says, line by line, as values. Nothing from there is believed unread."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import msgspec

from mitate.collect.probe.plan import NOBODY
from mitate.model.trace import At, Drop, Sighting

Word = Annotated[str, msgspec.Meta(max_length=300, pattern=r"^[^\x00-\x1f\x7f]*$")]
Name = Annotated[str, msgspec.Meta(max_length=128, pattern=r"^[A-Za-z0-9_.:@+-]*$")]
Kind = Annotated[str, msgspec.Meta(pattern=r"^(request|reply|reset|error|arp-request|arp-reply|other)$")]
Time = Annotated[float, msgspec.Meta(ge=0, le=4e9)]
Nanoseconds = Annotated[int, msgspec.Meta(ge=0, le=4 * 10**18)]
"""Since the epoch: neighbours on a path see a packet within a microsecond."""


class Armed(msgspec.Struct, frozen=True, tag_field="is", tag="armed"):
    """Everything listens. drops: why drops cannot be seen, "" when they can."""

    at: Time
    namespaces: int
    ears_s: float
    took_s: float
    drops: Word
    kernel: Word


class Blind(msgspec.Struct, frozen=True, tag_field="is", tag="blind"):
    namespace: Name
    why: Word


class Cannot(msgspec.Struct, frozen=True, tag_field="is", tag="cannot"):
    shot: int
    why: Word


class Clock(msgspec.Struct, frozen=True, tag_field="is", tag="clock"):
    at: Time


class Sent(msgspec.Struct, frozen=True, tag_field="is", tag="sent"):
    """error: what the kernel said instead of sending it."""

    shot: int
    number: int
    at: Time
    error: Word = ""


class Seen(msgspec.Struct, frozen=True, tag_field="is", tag="seen"):
    namespace: Name
    device: Name
    way: Annotated[str, msgspec.Meta(pattern=r"^(in|out)$")]
    at: Nanoseconds
    kind: Kind
    src: Name
    dst: Name
    proto: Name
    shot: int | None = None
    number: int | None = None
    sport: int = 0
    dport: int = 0
    size: int = 0
    ttl: int = 0
    smac: Name = ""
    dmac: Name = ""
    mac: Name = ""
    vlan: int = 0
    icmp: Word = ""
    about: Word = ""
    flags: Name = ""
    outer: Word = ""
    vni: int | None = None

    def sighting(self, host: str, ahead: float) -> Sighting:
        """ahead: seconds by which the host's clock is before ours."""
        arp = self.kind.startswith("arp")
        number = "" if self.vni is None else f" ({self.vni})"
        return Sighting(
            at=At(host, self.namespace, self.device),
            way=self.way,
            time=datetime.fromtimestamp(self.at / 1e9 - ahead, UTC),
            packet=self.words(),
            probe=-1 if self.shot is None else self.shot,
            reply=self.kind in ("reply", "reset"),
            kind=self.kind,
            src=self.src,
            dst=self.dst,
            smac=self.mac if arp else self.smac,
            dmac=self.dmac,
            tunnel=f"{self.outer}{number}" if self.outer else "",
        )

    def words(self) -> str:
        """The packet as a person writes it."""
        if self.kind == "arp-request":
            return f"ARP who has {self.dst}{'' if self.src == NOBODY else f', tell {self.src}'}"
        if self.kind == "arp-reply":
            return f"ARP {self.src} is at {self.mac}"
        if self.kind == "error":
            return f"icmp {self.icmp} {self.src} → {self.dst} about {self.about}"
        tag = f", VLAN {self.vlan}" if self.vlan else ""
        if self.proto in ("tcp", "udp"):
            ends = f"{self.src}:{self.sport} → {self.dst}:{self.dport}"
            return f"{self.proto} {ends}{' ' + self.flags if self.flags else ''}{tag}"
        return f"{self.proto} {self.src} → {self.dst}{tag}"


class Dropped(msgspec.Struct, frozen=True, tag_field="is", tag="drop"):
    namespace: Name
    device: Name
    at: Nanoseconds
    reason: Name
    location: Name
    kind: Kind
    shot: int | None = None
    number: int | None = None

    def drop(self, host: str, ahead: float) -> Drop:
        return Drop(
            at=At(host, self.namespace, self.device),
            reason=self.reason,
            location=self.location,
            kind=self.kind,
            probe=-1 if self.shot is None else self.shot,
            time=datetime.fromtimestamp(self.at / 1e9 - ahead, UTC),
        )


class Cut(msgspec.Struct, frozen=True, tag_field="is", tag="cut"):
    """There was more than is told."""


class Bye(msgspec.Struct, frozen=True, tag_field="is", tag="bye"):
    pass


Said = Armed | Blind | Cannot | Clock | Sent | Seen | Dropped | Cut | Bye
_decoder: msgspec.json.Decoder[Said] = msgspec.json.Decoder(Said)


def understood(line: bytes) -> Said:
    """One line. Raises ValueError for anything that the program would not say."""
    try:
        return _decoder.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ValueError(f"not a word of the probe's: {error}") from None

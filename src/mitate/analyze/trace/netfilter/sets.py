"""Sets of ipset: is an address, a port, a MAC among the members."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import TYPE_CHECKING

from mitate.analyze.trace.packet import network, number
from mitate.model.net import IpSet

if TYPE_CHECKING:
    from mitate.analyze.trace.netfilter.skb import Skb

_ICMP = {"echo-reply": 0, "destination-unreachable": 3, "redirect": 5, "echo-request": 8, "time-exceeded": 11}
_PROTOCOLS = {"sctp": "132", "udplite": "136", "esp": "50", "gre": "47", "ah": "51"}
_LARGEST = 65536
"""Members that ranges may unfold to; more is left in doubt."""

_Shape = tuple[int, ...]
_Key = tuple[object, ...]


class Set:
    """A set, read when it is first asked. Members of several parts are kept by shape: the lengths of their
    prefixes. The most exact shape that has the packet decides, as in the kernel; ``nomatch`` says no."""

    def __init__(self, fact: IpSet) -> None:
        self.fact = fact
        self._members: list[tuple[_Shape, dict[_Key, bool]]] | None = None

    def lookup(self, sides: tuple[str, ...]) -> Callable[[Skb], bool]:
        """A test for packets; sides: "src" or "dst" for each part. Raises ValueError when the set cannot
        be read."""
        kinds = tuple(self.fact.type.partition(":")[2].split(","))
        if len(sides) < len(kinds) or not set(sides) <= {"src", "dst"}:
            raise ValueError(f"{','.join(sides)} does not suit {self.fact.type}")
        if self._members is None:
            self._members = _read(self.fact, kinds)
        tables = self._members
        parts = tuple(_part(kind, side == "src") for kind, side in zip(kinds, sides, strict=False))

        if len(parts) == 1:
            only = parts[0]

            def has_one(skb: Skb) -> bool:
                value = only(skb)
                for shape, table in tables:
                    hit = table.get((_cut(value, shape[0]),))
                    if hit is not None:
                        return hit
                return False

            return has_one

        def has(skb: Skb) -> bool:
            values = [part(skb) for part in parts]
            for shape, table in tables:
                hit = table.get(tuple(_cut(value, bits) for value, bits in zip(values, shape, strict=True)))
                if hit is not None:
                    return hit
            return False

        return has


def _cut(value: object, bits: int) -> object:
    if bits < 32 and isinstance(value, int):
        return value >> (32 - bits)
    return value


def _part(kind: str, source: bool) -> Callable[[Skb], object]:
    match kind:
        case "ip" | "net":
            return (lambda skb: skb.src) if source else (lambda skb: skb.dst)
        case "port":
            if source:
                return lambda skb: _port(skb, skb.sport)
            return lambda skb: _port(skb, skb.dport)
        case "mac":
            return (lambda skb: skb.packet.smac) if source else (lambda skb: skb.packet.dmac)
        case "iface":
            return (lambda skb: skb.iif) if source else (lambda skb: skb.oif)
        case "mark":
            return lambda skb: ("mark", skb.mark)
    raise ValueError(f"sets with {kind} are not modelled")


def _port(skb: Skb, port: int) -> object:
    if skb.proto == "icmp":
        return ("icmp", skb.packet.icmp_type)
    return (skb.proto, port)


def _read(fact: IpSet, kinds: tuple[str, ...]) -> list[tuple[_Shape, dict[_Key, bool]]]:
    tables: dict[_Shape, dict[_Key, bool]] = {}
    for member in fact.members:
        text, *more = member.split()
        words = text.split(",")
        if len(words) != len(kinds):
            raise ValueError(f"not a member of {fact.type}: {member[:40]}")
        if any(":" in word for kind, word in zip(kinds, words, strict=True) if kind in ("ip", "net")):
            continue  # an address of IPv6 is none of ours
        for one in product(*(_values(kind, word) for kind, word in zip(kinds, words, strict=True))):
            shape = tuple(bits for bits, _ in one)
            tables.setdefault(shape, {})[tuple(value for _, value in one)] = "nomatch" not in more
    return sorted(tables.items(), key=lambda item: item[0], reverse=True)


def _values(kind: str, word: str) -> list[tuple[int, object]]:
    """(prefix length, value) of a part of a member; several where it is a range."""
    match kind:
        case "ip" | "net":
            first, dash, last = word.partition("-")
            if dash:
                low, high = number(first), number(last)
                if not low <= high < low + _LARGEST:
                    raise ValueError(f"too large a range: {word[:40]}")
                return [(32, value) for value in range(low, high + 1)]
            address, _, bits = network(word)
            return [(bits, address >> (32 - bits))]
        case "port":
            return _ports(word)
        case "mac":
            return [(32, word.lower())]
        case "mark":
            return [(32, ("mark", int(word, 0)))]
        case "iface":
            return [(32, word)]
    raise ValueError(f"sets with {kind} are not modelled")


def _ports(word: str) -> list[tuple[int, object]]:
    protocol, colon, port = word.rpartition(":")
    if protocol == "icmp":
        return [(32, ("icmp", _ICMP[port] if port in _ICMP else int(port.partition("/")[0])))]
    first, _, last = port.partition("-")
    low, high = int(first), int(last or first)
    if not 0 <= low <= high <= 65535:
        raise ValueError(f"not a port: {word[:40]}")
    # bitmap:port names no protocol: any that has ports will do
    names = (_PROTOCOLS.get(protocol, protocol),) if colon else ("tcp", "udp", "132", "136")
    return [(32, (name, value)) for name in names for value in range(low, high + 1)]

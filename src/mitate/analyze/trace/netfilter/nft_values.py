"""Expressions of nftables, as ``nft -j`` prints them (libnftables-json(5)): what a rule reads of a packet,
and what it compares that with.

A value is of a kind, which says how the literals beside it are to be read. It is None where the packet has no
such header: then no comparison holds.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

from mitate.analyze.trace.conntrack import State
from mitate.analyze.trace.netfilter import ebtables
from mitate.analyze.trace.netfilter.headers import EPHEMERAL, ICMP, PROTOCOLS
from mitate.analyze.trace.netfilter.skb import Skb
from mitate.analyze.trace.netfilter.words import Doubtful
from mitate.analyze.trace.packet import network, number

Get: TypeAlias = Callable[[Skb], Any]
Fits: TypeAlias = Callable[[Any], bool]
Named: TypeAlias = Mapping[str, Sequence[Any]]
"""The elements of the sets and maps of a table, by name."""

STATES = {
    "invalid": State.INVALID,
    "new": State.NEW,
    "established": State.ESTABLISHED,
    "related": State.RELATED,
    "untracked": State.UNTRACKED,
}
STATUSES = {
    "seen-reply": 2,
    "assured": 4,
    "confirmed": 8,
    "snat": 16,
    "dnat": 32,
    "expected": 1,
    "dying": 512,
}
TCP_FLAGS = {"fin": 1, "syn": 2, "rst": 4, "psh": 8, "ack": 16, "urg": 32, "ecn": 64, "cwr": 128}
_LETTERS = {"F": 1, "S": 2, "R": 4, "P": 8, "A": 16, "U": 32}
_ETHER = {"ip": 0x0800, "arp": 0x0806, "ip6": 0x86DD, "vlan": 0x8100, "8021q": 0x8100}
_BITS: Mapping[str, Mapping[str, int]] = {"state": STATES, "status": STATUSES, "flags": TCP_FLAGS}
_ICMP = {name: kind for name, (kind, _) in ICMP.items()} | {"info-request": 15, "address-mask-request": 17}


_CODES = {
    "net-unreachable": 0,
    "host-unreachable": 1,
    "prot-unreachable": 2,
    "port-unreachable": 3,
    "frag-needed": 4,
    "net-prohibited": 9,
    "host-prohibited": 10,
    "admin-prohibited": 13,
}
"""``nft`` says 0 as net-unreachable, of whatever type the message is."""


def value(expression: Any, named: Named, bridge: bool = False) -> tuple[Any, Get]:
    """(kind, getter) of the left side of a match. The kind of a concatenation is a tuple of kinds. Raises
    Doubtful for what is not modelled, ValueError and its like for what is no expression."""
    ((what, detail),) = expression.items()
    match what:
        case "payload":
            return _payload(detail)
        case "meta":
            return _meta(detail["key"], bridge)
        case "ct":
            return _ct(detail["key"], detail.get("dir", ""))
        case "concat":
            parts = [value(part, named, bridge) for part in detail]
            gets = tuple(get for _, get in parts)
            return tuple(kind for kind, _ in parts), lambda skb: _together([get(skb) for get in gets])
        case "&" | "|" | "^" | "<<" | ">>":
            return _arithmetic(what, detail, named, bridge)
        case "fib":
            return _fib(detail)
        case "map":
            return _mapped(detail, named, bridge)
    raise Doubtful(f"{str(what)[:40]} is not modelled")


def _together(values: list[Any]) -> Any:
    return None if None in values else tuple(values)


def _payload(detail: Any) -> tuple[str, Get]:
    if "protocol" not in detail:
        raise Doubtful("raw bytes of the payload are not modelled")
    protocol, field = detail["protocol"], detail["field"]
    found = _FIELDS.get((protocol, field))
    if found is not None:
        return found
    if protocol in ("ip6", "icmpv6"):
        return "number", lambda _skb: None
    if field in ("sport", "dport") and protocol == "th":
        return "port", _transport(field)
    if field in ("sport", "dport") and protocol in ("sctp", "dccp", "udplite"):
        return "port", _port(field, PROTOCOLS[protocol])
    raise Doubtful(f"{protocol} {field} is not modelled")


def _port(field: str, *protocols: str) -> Get:
    if field == "sport":
        return lambda skb: skb.sport if not skb.packet.arp and skb.proto in protocols else None
    return lambda skb: skb.dport if not skb.packet.arp and skb.proto in protocols else None


def _transport(field: str) -> Get:
    """The first, or the next, two bytes of any transport header. Those of ICMP are its type and code, and a
    checksum; what is not known is −1, which is no port."""

    def get(skb: Skb) -> int | None:
        if skb.packet.arp:
            return None
        if skb.proto in ("tcp", "udp", "132", "33", "136"):
            return skb.sport if field == "sport" else skb.dport
        if skb.proto == "icmp" and field == "sport":
            return skb.packet.icmp_type << 8 | skb.packet.icmp_code
        return -1

    return get


def _of_ip(get: Get) -> Get:
    return lambda skb: None if skb.packet.arp else get(skb)


def _of_arp(get: Get) -> Get:
    return lambda skb: get(skb) if skb.packet.arp else None


def _of_icmp(get: Get) -> Get:
    return lambda skb: get(skb) if skb.proto == "icmp" and not skb.packet.arp else None


_FIELDS: Mapping[tuple[str, str], tuple[str, Get]] = {
    ("ip", "saddr"): ("address", _of_ip(lambda skb: skb.src)),
    ("ip", "daddr"): ("address", _of_ip(lambda skb: skb.dst)),
    ("ip", "protocol"): ("protocol", _of_ip(lambda skb: skb.proto)),
    ("ip", "ttl"): ("number", _of_ip(lambda skb: skb.packet.ttl)),
    ("ip", "length"): ("number", _of_ip(lambda skb: skb.packet.size)),
    ("ip", "version"): ("number", _of_ip(lambda _skb: 4)),
    ("tcp", "sport"): ("port", _port("sport", "tcp")),
    ("tcp", "dport"): ("port", _port("dport", "tcp")),
    ("tcp", "flags"): (
        "flags",
        lambda skb: sum(_LETTERS.get(one, 0) for one in skb.packet.flags) if skb.proto == "tcp" else None,
    ),
    ("udp", "sport"): ("port", _port("sport", "udp")),
    ("udp", "dport"): ("port", _port("dport", "udp")),
    ("icmp", "type"): ("icmp", _of_icmp(lambda skb: skb.packet.icmp_type)),
    ("icmp", "code"): ("code", _of_icmp(lambda skb: skb.packet.icmp_code)),
    ("ether", "saddr"): ("mac", lambda skb: ebtables.mac(skb.packet.smac)),
    ("ether", "daddr"): ("mac", lambda skb: ebtables.mac(skb.packet.dmac)),
    ("ether", "type"): ("ether", lambda skb: ebtables.ether_type(skb.packet)),
    ("vlan", "id"): ("number", lambda skb: skb.packet.vlan),
    ("arp", "operation"): ("operation", _of_arp(lambda skb: skb.packet.arp)),
    ("arp", "saddr ip"): ("address", _of_arp(lambda skb: skb.src)),
    ("arp", "daddr ip"): ("address", _of_arp(lambda skb: skb.dst)),
    ("arp", "saddr ether"): ("mac", _of_arp(lambda skb: ebtables.mac(skb.packet.smac))),
    ("arp", "htype"): ("number", _of_arp(lambda _skb: 1)),
    ("arp", "ptype"): ("ether", _of_arp(lambda _skb: 0x0800)),
    ("arp", "hlen"): ("number", _of_arp(lambda _skb: 6)),
    ("arp", "plen"): ("number", _of_arp(lambda _skb: 4)),
}


def _meta(key: str, bridge: bool) -> tuple[str, Get]:
    match key:
        case "iifname" | "iif":
            return "name", (lambda skb: skb.physin) if bridge else (lambda skb: skb.iif)
        case "oifname" | "oif":
            return "name", (lambda skb: skb.physout) if bridge else (lambda skb: skb.oif)
        case "ibrname" | "ibriport":
            return "name", lambda skb: skb.iif
        case "obrname":
            return "name", lambda skb: skb.oif
        case "mark":
            return "number", lambda skb: skb.mark
        case "l4proto":
            return "protocol", _of_ip(lambda skb: skb.proto)
        case "nfproto":
            return "family", lambda _skb: "ipv4"
        case "protocol":
            return "ether", lambda skb: ebtables.ether_type(skb.packet)
        case "length":
            return "number", lambda skb: skb.packet.size
        case "pkttype":
            return "word", _packet_type
    raise Doubtful(f"meta {key} is not modelled")


def _packet_type(skb: Skb) -> str:
    address = ebtables.mac(skb.packet.dmac)
    if address == 0xFFFFFFFFFFFF or skb.dst == 0xFFFFFFFF:
        return "broadcast"
    return "multicast" if address >> 40 & 1 or skb.dst >> 28 == 0xE else "host"


def _ct(key: str, direction: str) -> tuple[str, Get]:
    match key:
        case "state":
            return "state", lambda skb: skb.state & 31
        case "mark":
            return "number", _of_connection(lambda skb: skb.tracked.connection.mark)  # type: ignore[union-attr]
        case "direction":
            return "word", _of_connection(lambda skb: "reply" if skb.tracked.reply else "original")  # type: ignore[union-attr]
        case "zone":
            return "number", _of_connection(lambda skb: skb.tracked.connection.zone)  # type: ignore[union-attr]
        case "status":
            return "status", _of_connection(_status)
        case "protocol":
            return "protocol", _of_connection(lambda skb: skb.proto)
        case "l3proto":
            return "family", _of_connection(lambda _skb: "ipv4")
    at = {"saddr": 1, "ip saddr": 1, "daddr": 2, "ip daddr": 2, "proto-src": 3, "proto-dst": 4}.get(key)
    if at is None or direction not in ("original", "reply"):
        raise Doubtful(f"ct {key} is not modelled")

    def get(skb: Skb) -> Any:
        connection = skb.tracked.connection  # type: ignore[union-attr]
        return (connection.first if direction == "original" else connection.reply)[at]  # type: ignore[union-attr]

    return "address" if at < 3 else "port", _of_connection(get)


def _of_connection(get: Get) -> Get:
    return lambda skb: None if skb.tracked is None or skb.tracked.connection is None else get(skb)


def _status(skb: Skb) -> int:
    connection = skb.tracked.connection  # type: ignore[union-attr]
    assert connection is not None
    bits = (
        2 * connection.replied + 8 * connection.confirmed + 16 * connection.src_nat + 32 * connection.dst_nat
    )
    return bits + (4 if connection.entry is not None and connection.entry.assured else 0)


def _arithmetic(sign: str, detail: Any, named: Named, bridge: bool) -> tuple[Any, Get]:
    kind, get = value(detail[0], named, bridge)
    operand = bits(kind, detail[1])

    def computed(skb: Skb) -> Any:
        have = get(skb)
        if have is None:
            return None
        match sign:
            case "&":
                return have & operand
            case "|":
                return have | operand
            case "^":
                return have ^ operand
            case "<<":
                return have << (operand & 31) & 0xFFFFFFFF
        return have >> (operand & 31)

    return kind, computed


def _fib(detail: Any) -> tuple[str, Get]:
    flags = detail["flags"]
    flags = [flags] if isinstance(flags, str) else flags
    if detail["result"] != "type" or not {"saddr", "daddr"} & set(flags):
        raise Doubtful("routes are not looked up in rules")
    source = "saddr" in flags

    def get(skb: Skb) -> str:
        address = skb.src if source else skb.dst
        if address >> 24 == 127 or any(address in its for its in skb.addresses.values()):
            return "local"
        if address >> 28 == 0xE:
            return "multicast"
        return "broadcast" if address == 0xFFFFFFFF else "unicast"

    return "word", get


def _mapped(detail: Any, named: Named, bridge: bool) -> tuple[Any, Get]:
    kind, get = value(detail["key"], named, bridge)
    pairs = [(fits(kind, key, named), bits("any", data)) for key, data in elements(detail["data"], named)]

    def found(skb: Skb) -> Any:
        have = get(skb)
        if have is None:
            return None
        return next((data for test, data in pairs if test(have)), None)

    return "any", found


# What values are compared with ---------------------------------------------------------------------------


def elements(right: Any, named: Named) -> Sequence[Any]:
    """Of a set or map, written out or by name. Raises Doubtful for one that was not seen."""
    if isinstance(right, str):
        if right.removeprefix("@") not in named:
            raise Doubtful(f"the set {right[:40]} was not seen")
        return named[right.removeprefix("@")]
    found: Sequence[Any] = right["set"]
    return found if isinstance(found, list) else [found]


def bits(kind: Any, literal: Any) -> Any:
    """One literal as a value of that kind; several flags as their sum. Raises ValueError."""
    if isinstance(literal, list):
        return sum(bits(kind, one) for one in literal)
    if isinstance(literal, dict) and "|" in literal:
        total = 0
        for one in literal["|"]:
            total |= bits(kind, one)
        return total
    if isinstance(literal, dict) and "prefix" in literal:
        return network(f"{literal['prefix']['addr']}/{literal['prefix']['len']}")[0]
    if isinstance(literal, bool) or not isinstance(literal, int | str):
        raise ValueError(f"not a value: {str(literal)[:40]}")
    if kind == "protocol":
        return PROTOCOLS.get(str(literal), str(literal))
    if isinstance(literal, int):
        return literal
    match kind:
        case "address":
            return number(literal)
        case "mac":
            return ebtables.mac(literal)
        case "icmp":
            return _ICMP[literal]
        case "code":
            return _CODES[literal]
        case "ether":
            return _ETHER[literal] if literal in _ETHER else int(literal, 16)
        case "operation":
            return {"request": 1, "reply": 2}[literal]
        case "state" | "status" | "flags":
            return _BITS[kind][literal]
        case "number" | "port":
            return int(literal, 0)
        case "any":
            return number(literal) if literal.count(".") == 3 else literal
    return literal


def fits(kind: Any, right: Any, named: Named) -> Fits:
    """A test whether a value is (among) what stands on the right. Raises as ``value`` and ``bits`` do."""
    if isinstance(right, dict) and "elem" in right:
        return fits(kind, right["elem"]["val"], named)
    if (isinstance(right, dict) and "set" in right) or (isinstance(right, str) and right.startswith("@")):
        return _any_of([fits_exactly(kind, one, named) for one in elements(right, named)])
    exact, test = fits_exactly(kind, right, named)
    return test or (lambda have: bool(have == exact))


def fits_exactly(kind: Any, right: Any, named: Named) -> tuple[Any, Fits | None]:
    """(value, None) where only one value fits, else (None, test)."""
    if isinstance(right, dict) and "elem" in right:
        return fits_exactly(kind, right["elem"]["val"], named)
    if isinstance(kind, tuple):
        parts = right["concat"]
        if len(parts) != len(kind):
            raise ValueError("the parts do not agree")
        found = [fits_exactly(one, part, named) for one, part in zip(kind, parts, strict=True)]
        if all(test is None for _, test in found):
            return tuple(exact for exact, _ in found), None
        return None, lambda have: all(
            test(one) if test else one == exact for one, (exact, test) in zip(have, found, strict=True)
        )
    if isinstance(right, dict) and "prefix" in right:
        address, mask, _ = network(f"{right['prefix']['addr']}/{right['prefix']['len']}")
        return None, lambda have: have & mask == address
    if isinstance(right, dict) and "range" in right:
        first, last = (bits(kind, one) for one in right["range"])
        if kind == "port":
            return None, lambda have: first <= (have or EPHEMERAL) <= last
        return None, lambda have: first <= have <= last
    if isinstance(right, str) and right == "*" and kind != "name":
        return None, lambda _have: True
    if kind == "name" and isinstance(right, str) and right.endswith("*"):
        start = right[:-1]
        return None, lambda have: have.startswith(start)
    return bits(kind, right), None


def _any_of(members: Sequence[tuple[Any, Fits | None]]) -> Fits:
    exact = {one for one, test in members if test is None}
    tests = [test for _, test in members if test is not None]
    if not tests:
        return lambda have: have in exact
    return lambda have: have in exact or any(test(have) for test in tests)

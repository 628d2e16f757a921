"""What a rule of iptables can ask about the headers of a packet: one function for each module makes tests of
its options.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TypeAlias

from mitate.analyze.trace.netfilter.skb import Skb
from mitate.analyze.trace.netfilter.words import Doubtful, Option, flags, span, whole
from mitate.analyze.trace.packet import network, number

Test: TypeAlias = Callable[[Skb], bool]

EPHEMERAL = 49152
"""What stands in a range of ports for the port 0, "some port that nobody uses"."""

PROTOCOLS = {
    "1": "icmp",
    "6": "tcp",
    "17": "udp",
    "igmp": "2",
    "ipencap": "4",
    "ipv6": "41",
    "gre": "47",
    "esp": "50",
    "ah": "51",
    "ipv6-icmp": "58",
    "icmpv6": "58",
    "ospf": "89",
    "pim": "103",
    "vrrp": "112",
    "l2tp": "115",
    "sctp": "132",
    "dccp": "33",
    "udplite": "136",
}
"""Other words for a protocol → as ``Packet.proto`` has it."""

ICMP = {
    "echo-reply": (0, None),
    "destination-unreachable": (3, None),
    "network-unreachable": (3, 0),
    "host-unreachable": (3, 1),
    "protocol-unreachable": (3, 2),
    "port-unreachable": (3, 3),
    "fragmentation-needed": (3, 4),
    "source-route-failed": (3, 5),
    "source-quench": (4, None),
    "redirect": (5, None),
    "echo-request": (8, None),
    "router-advertisement": (9, None),
    "router-solicitation": (10, None),
    "time-exceeded": (11, None),
    "ttl-zero-during-transit": (11, 0),
    "ttl-zero-during-reassembly": (11, 1),
    "parameter-problem": (12, None),
    "timestamp-request": (13, None),
    "timestamp-reply": (14, None),
    "any": (255, None),
}


def protocol(word: str) -> str:
    """ "" for any."""
    return "" if word in ("all", "0", "ip") else PROTOCOLS.get(word, word)


# What has no module -------------------------------------------------------------------------------------


def plain(options: Sequence[Option]) -> Iterator[Test]:
    for option in options:
        maker = _PLAIN.get(option.name)
        if maker is None:
            raise Doubtful(f"{option.name} is not modelled")
        yield maker(option.value, option.inverted)


def source(word: str, inverted: bool) -> Test:
    address, mask, _ = network(word)
    if mask == 0xFFFFFFFF:
        return lambda skb: (skb.src == address) != inverted
    return lambda skb: (skb.src & mask == address) != inverted


def destination(word: str, inverted: bool) -> Test:
    address, mask, _ = network(word)
    if mask == 0xFFFFFFFF:
        return lambda skb: (skb.dst == address) != inverted
    return lambda skb: (skb.dst & mask == address) != inverted


def incoming(word: str, inverted: bool) -> Test:
    if word.endswith("+"):
        start = word[:-1]
        return lambda skb: skb.iif.startswith(start) != inverted
    return lambda skb: (skb.iif == word) != inverted


def outgoing(word: str, inverted: bool) -> Test:
    if word.endswith("+"):
        start = word[:-1]
        return lambda skb: skb.oif.startswith(start) != inverted
    return lambda skb: (skb.oif == word) != inverted


def proto(word: str, inverted: bool) -> Test:
    wanted = protocol(word)
    if not wanted:
        return lambda skb: not inverted
    return lambda skb: (skb.proto == wanted) != inverted


def fragment(inverted: bool) -> Test:
    """No fragment but a first one is ever walked."""
    return lambda skb: inverted


_PLAIN: Mapping[str, Callable[[str, bool], Test]] = {
    "-s": source,
    "-d": destination,
    "-i": incoming,
    "-o": outgoing,
    "-p": proto,
}


# Ports and the like -------------------------------------------------------------------------------------


def port_within(first: int, last: int) -> Callable[[int], bool]:
    if first == last:
        return lambda port: port == first
    return lambda port: first <= (port or EPHEMERAL) <= last


def ports(options: Sequence[Option], *protocols: str) -> Iterator[Test]:
    """tcp and udp (and those that look like them): --sport, --dport."""
    given = flags(options, *_PORTS)
    yield lambda skb: skb.proto in protocols
    for name, option in given.items():
        first, last = span(option.value)
        yield _port_test(name, port_within(first, last), option.inverted)


_PORTS = ("--sport", "--dport", "--source-port", "--destination-port")


def _port_test(name: str, fits: Callable[[int], bool], inverted: bool) -> Test:
    if name.startswith("--s"):
        return lambda skb: fits(skb.sport) != inverted
    return lambda skb: fits(skb.dport) != inverted


def tcp(options: Sequence[Option]) -> Iterator[Test]:
    given = flags(options, *_PORTS, "--tcp-flags", "--syn", "--tcp-option")
    yield from ports([option for option in options if option.name in _PORTS], "tcp")
    if "--tcp-option" in given:
        raise Doubtful("TCP options are not modelled")
    if option := given.get("--syn"):
        yield _tcp_flags("FIN,SYN,RST,ACK", "SYN", option.inverted)
    if option := given.get("--tcp-flags"):
        mask, wanted = option.arguments
        yield _tcp_flags(mask, wanted, option.inverted)


_LETTERS = {"FIN": "F", "SYN": "S", "RST": "R", "PSH": "P", "ACK": "A", "URG": "U"}


def _letters(names: str) -> frozenset[str]:
    if names in ("ALL", "NONE"):
        return frozenset(_LETTERS.values() if names == "ALL" else ())
    return frozenset(_LETTERS[name] for name in names.split(","))


def _tcp_flags(mask: str, wanted: str, inverted: bool) -> Test:
    looked, set_ = _letters(mask), _letters(wanted)
    return lambda skb: (looked.intersection(skb.packet.flags) == set_) != inverted


def udp(options: Sequence[Option]) -> Iterator[Test]:
    return ports(options, "udp")


def sctp(options: Sequence[Option]) -> Iterator[Test]:
    return ports(options, "132")


def dccp(options: Sequence[Option]) -> Iterator[Test]:
    return ports(options, "33")


def udplite(options: Sequence[Option]) -> Iterator[Test]:
    return ports(options, "136")


def icmp_type(word: str) -> tuple[int, int | None]:
    if word in ICMP:
        return ICMP[word]
    kind, slash, code = word.partition("/")
    return whole(kind), whole(code) if slash else None


def icmp(options: Sequence[Option]) -> Iterator[Test]:
    given = flags(options, "--icmp-type")
    yield lambda skb: skb.proto == "icmp"
    if option := given.get("--icmp-type"):
        kind, code = icmp_type(option.value)
        inverted = option.inverted
        if kind == 255:
            yield lambda skb: not inverted
        else:
            yield (
                lambda skb: (
                    (skb.packet.icmp_type == kind and code in (None, skb.packet.icmp_code)) != inverted
                )
            )


def multiport(options: Sequence[Option]) -> Iterator[Test]:
    for option in options:
        name = {"--source-ports": "--sports", "--destination-ports": "--dports"}.get(option.name, option.name)
        if name not in ("--sports", "--dports", "--ports"):
            raise Doubtful(f"{option.name} is not modelled")
        tests = [port_within(*span(word)) for word in option.value.split(",")]
        yield _multiport(name, tests, option.inverted)


def _multiport(name: str, tests: Sequence[Callable[[int], bool]], inverted: bool) -> Test:
    known = ("tcp", "udp", "132", "33", "136")

    def test(skb: Skb) -> bool:
        if skb.proto not in known:
            return False
        looked = {"--sports": (skb.sport,), "--dports": (skb.dport,)}.get(name, (skb.sport, skb.dport))
        return any(fits(port) for fits in tests for port in looked) != inverted

    return test


# Others -------------------------------------------------------------------------------------------------


def iprange(options: Sequence[Option]) -> Iterator[Test]:
    for name, option in flags(options, "--src-range", "--dst-range").items():
        low, _, high = option.value.partition("-")
        first, last = number(low), number(high or low)
        yield _range(name == "--src-range", first, last, option.inverted)


def _range(source: bool, first: int, last: int, inverted: bool) -> Test:
    if source:
        return lambda skb: (first <= skb.src <= last) != inverted
    return lambda skb: (first <= skb.dst <= last) != inverted


def mac(options: Sequence[Option]) -> Iterator[Test]:
    option = flags(options, "--mac-source")["--mac-source"]
    wanted, inverted = option.value.lower(), option.inverted
    yield lambda skb: bool(skb.iif) and (skb.packet.smac == wanted) != inverted


def length(options: Sequence[Option]) -> Iterator[Test]:
    option = flags(options, "--length")["--length"]
    (first, last), inverted = span(option.value), option.inverted
    yield lambda skb: (first <= skb.packet.size <= last) != inverted


def ttl(options: Sequence[Option]) -> Iterator[Test]:
    for name, option in flags(options, "--ttl-eq", "--ttl-lt", "--ttl-gt").items():
        limit = whole(option.value)
        first, last = {"--ttl-eq": (limit, limit), "--ttl-lt": (0, limit - 1), "--ttl-gt": (limit + 1, 255)}[
            name
        ]
        yield _ttl(first, last, option.inverted)


def _ttl(first: int, last: int, inverted: bool) -> Test:
    return lambda skb: (first <= skb.packet.ttl <= last) != inverted


_BROADCAST = 0xFFFFFFFF


def pkttype(options: Sequence[Option]) -> Iterator[Test]:
    option = flags(options, "--pkt-type")["--pkt-type"]
    wanted, inverted = option.value, option.inverted
    if wanted not in ("unicast", "broadcast", "multicast"):
        raise Doubtful(f"--pkt-type {wanted} is not modelled")

    def test(skb: Skb) -> bool:
        if skb.dst == _BROADCAST or skb.packet.dmac == "ff:ff:ff:ff:ff:ff":
            kind = "broadcast"
        else:
            kind = "multicast" if skb.dst >> 28 == 0xE else "unicast"
        return (kind == wanted) != inverted

    yield test


def addrtype(options: Sequence[Option]) -> Iterator[Test]:
    """What an address says itself, and whether it is one of the namespace's. The rest is in its routes."""
    for name, option in flags(options, "--src-type", "--dst-type").items():
        wanted = frozenset(option.value.split(","))
        if not wanted <= {"LOCAL", "MULTICAST"}:
            raise Doubtful(f"{name} {option.value} depends on the routes of the namespace")
        yield _address_type(name == "--src-type", wanted, option.inverted)


def _address_type(source: bool, wanted: frozenset[str], inverted: bool) -> Test:
    def test(skb: Skb) -> bool:
        address = skb.src if source else skb.dst
        if address >> 28 == 0xE:
            kind = "MULTICAST"
        elif address >> 24 == 127 or any(address in its for its in skb.addresses.values()):
            kind = "LOCAL"
        else:
            kind = ""
        return (kind in wanted) != inverted

    return test

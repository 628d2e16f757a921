"""What a rule of iptables can ask about a packet: one function for each module makes tests of its options.

A module that asks for what no snapshot holds (a rate, a socket, the time) raises Doubtful; see ``rule``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TypeAlias

from mitate.analyze.trace.conntrack import State
from mitate.analyze.trace.netfilter.sets import Set
from mitate.analyze.trace.netfilter.skb import Skb
from mitate.analyze.trace.netfilter.words import Doubtful, Option, flags, masked, span, whole
from mitate.analyze.trace.packet import network, number

Test: TypeAlias = Callable[[Skb], bool]
Sets: TypeAlias = Mapping[str, Set]

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


def tcp(options: Sequence[Option], _sets: Sets) -> Iterator[Test]:
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


def udp(options: Sequence[Option], _sets: Sets) -> Iterator[Test]:
    return ports(options, "udp")


def sctp(options: Sequence[Option], _sets: Sets) -> Iterator[Test]:
    return ports(options, "132")


def dccp(options: Sequence[Option], _sets: Sets) -> Iterator[Test]:
    return ports(options, "33")


def udplite(options: Sequence[Option], _sets: Sets) -> Iterator[Test]:
    return ports(options, "136")


def icmp_type(word: str) -> tuple[int, int | None]:
    if word in ICMP:
        return ICMP[word]
    kind, slash, code = word.partition("/")
    return whole(kind), whole(code) if slash else None


def icmp(options: Sequence[Option], _sets: Sets) -> Iterator[Test]:
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


def multiport(options: Sequence[Option], _sets: Sets) -> Iterator[Test]:
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


# State, marks, devices ----------------------------------------------------------------------------------


def conntrack(options: Sequence[Option], _sets: Sets) -> Iterator[Test]:
    for option in options:
        inverted = option.inverted
        match option.name:
            case "--ctstate" | "--state":
                yield _state(option.value, inverted)
            case "--ctdir":
                yield _tracked(_direction(option.value == "REPLY"), inverted=False)
            case "--ctproto":
                yield _tracked(_protocol(protocol(option.value)), inverted)
            case "--ctorigsrc" | "--ctorigdst" | "--ctreplsrc" | "--ctrepldst":
                yield _tracked(_connection_address(option.name, option.value), inverted)
            case "--ctorigsrcport" | "--ctorigdstport" | "--ctreplsrcport" | "--ctrepldstport":
                yield _tracked(_connection_port(option.name, option.value), inverted)
            case "--ctstatus":
                yield _tracked(_status(option.value), inverted)
            case _:
                raise Doubtful(f"{option.name} is not modelled")


def _state(names: str, inverted: bool) -> Test:
    wanted = 0
    for name in names.split(","):
        wanted |= State[name]
    return lambda skb: bool(skb.state & wanted) != inverted


def _tracked(fits: Callable[[Skb], bool], inverted: bool) -> Test:
    """A question about the connection: no packet without one matches, inverted or not (``xt_conntrack``)."""

    def test(skb: Skb) -> bool:
        if skb.tracked is None or skb.tracked.connection is None:
            return False
        return fits(skb) != inverted

    return test


def _direction(reply: bool) -> Callable[[Skb], bool]:
    return lambda skb: skb.tracked is not None and skb.tracked.reply == reply


def _protocol(wanted: str) -> Callable[[Skb], bool]:
    return lambda skb: skb.proto == wanted


def _connection_address(name: str, word: str) -> Callable[[Skb], bool]:
    address, mask, _ = network(word)
    first, source = name.startswith("--ctorig"), name.endswith("src")

    def fits(skb: Skb) -> bool:
        assert skb.tracked and skb.tracked.connection
        connection = skb.tracked.connection
        one = connection.first if first else connection.reply
        return (one[1] if source else one[2]) & mask == address

    return fits


def _connection_port(name: str, word: str) -> Callable[[Skb], bool]:
    within = port_within(*span(word))
    first, source = name.startswith("--ctorig"), name.endswith("srcport")

    def fits(skb: Skb) -> bool:
        assert skb.tracked and skb.tracked.connection
        connection = skb.tracked.connection
        one = connection.first if first else connection.reply
        return within(one[3] if source else one[4])

    return fits


def _status(names: str) -> Callable[[Skb], bool]:
    asked = names.split(",")
    if not set(asked) <= {"NONE", "SEEN_REPLY", "CONFIRMED", "ASSURED", "EXPECTED"}:
        raise Doubtful(f"--ctstatus {names} is not modelled")

    def fits(skb: Skb) -> bool:
        assert skb.tracked and skb.tracked.connection
        connection = skb.tracked.connection
        entry = connection.entry
        has = {
            "SEEN_REPLY": connection.replied,
            "CONFIRMED": connection.confirmed,
            "ASSURED": entry is not None and entry.assured,
        }
        return any(has.get(name, False) for name in asked)

    return fits


def mark(options: Sequence[Option], _sets: Sets) -> Iterator[Test]:
    option = flags(options, "--mark")["--mark"]
    value, mask = masked(option.value)
    inverted = option.inverted
    yield lambda skb: (skb.mark & mask == value) != inverted


def connmark(options: Sequence[Option], _sets: Sets) -> Iterator[Test]:
    option = flags(options, "--mark")["--mark"]
    value, mask = masked(option.value)
    inverted = option.inverted

    def test(skb: Skb) -> bool:
        tracked = skb.tracked
        if tracked is None or tracked.connection is None:
            return False
        return (tracked.connection.mark & mask == value) != inverted

    yield test


def physdev(options: Sequence[Option], _sets: Sets) -> Iterator[Test]:
    """As ``xt_physdev``: a packet that came over no bridge matches only what is inverted."""
    for option in options:
        inverted = option.inverted
        match option.name:
            case "--physdev-in":
                yield _device("physin", option.value, inverted)
            case "--physdev-out":
                yield _device("physout", option.value, inverted)
            case "--physdev-is-in":
                yield _has_device("physin", inverted)
            case "--physdev-is-out" | "--physdev-is-bridged":
                yield _has_device("physout", inverted)
            case _:
                raise Doubtful(f"{option.name} is not modelled")


def _has_device(side: str, inverted: bool) -> Test:
    if side == "physin":
        return lambda skb: bool(skb.physin) != inverted
    return lambda skb: bool(skb.physout) != inverted


def _device(side: str, word: str, inverted: bool) -> Test:
    start = word.removesuffix("+")
    exact = start == word
    outwards = side == "physout"

    def test(skb: Skb) -> bool:
        name = skb.physout if outwards else skb.physin
        if not name:
            # On its way out of a bridge, a packet that never came in by one of its ports
            return inverted and not (outwards and skb.physin)
        return (name == word if exact else name.startswith(start)) != inverted

    return test


# Others -------------------------------------------------------------------------------------------------


def iprange(options: Sequence[Option], _sets: Sets) -> Iterator[Test]:
    for name, option in flags(options, "--src-range", "--dst-range").items():
        low, _, high = option.value.partition("-")
        first, last = number(low), number(high or low)
        yield _range(name == "--src-range", first, last, option.inverted)


def _range(source: bool, first: int, last: int, inverted: bool) -> Test:
    if source:
        return lambda skb: (first <= skb.src <= last) != inverted
    return lambda skb: (first <= skb.dst <= last) != inverted


def mac(options: Sequence[Option], _sets: Sets) -> Iterator[Test]:
    option = flags(options, "--mac-source")["--mac-source"]
    wanted, inverted = option.value.lower(), option.inverted
    yield lambda skb: bool(skb.iif) and (skb.packet.smac == wanted) != inverted


def length(options: Sequence[Option], _sets: Sets) -> Iterator[Test]:
    option = flags(options, "--length")["--length"]
    (first, last), inverted = span(option.value), option.inverted
    yield lambda skb: (first <= skb.packet.size <= last) != inverted


def ttl(options: Sequence[Option], _sets: Sets) -> Iterator[Test]:
    for name, option in flags(options, "--ttl-eq", "--ttl-lt", "--ttl-gt").items():
        limit = whole(option.value)
        first, last = {"--ttl-eq": (limit, limit), "--ttl-lt": (0, limit - 1), "--ttl-gt": (limit + 1, 255)}[
            name
        ]
        yield _ttl(first, last, option.inverted)


def _ttl(first: int, last: int, inverted: bool) -> Test:
    return lambda skb: (first <= skb.packet.ttl <= last) != inverted


_BROADCAST = 0xFFFFFFFF


def pkttype(options: Sequence[Option], _sets: Sets) -> Iterator[Test]:
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


def addrtype(options: Sequence[Option], _sets: Sets) -> Iterator[Test]:
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


def set_(options: Sequence[Option], sets: Sets) -> Iterator[Test]:
    given = flags(options, "--match-set", "--update-counters", "--update-subcounters", "--return-nomatch")
    if "--return-nomatch" in given:
        raise Doubtful("--return-nomatch is not modelled")
    name, sides = given["--match-set"].arguments
    inverted = given["--match-set"].inverted
    if name not in sets:
        raise Doubtful(f"the set {name} was not seen")
    has = sets[name].lookup(tuple(sides.split(",")))
    yield lambda skb: has(skb) != inverted


def comment(_options: Sequence[Option], _sets: Sets) -> Iterator[Test]:
    return iter(())


def doubtful(why: str) -> Callable[[Sequence[Option], Sets], Iterator[Test]]:
    def module(_options: Sequence[Option], _sets: Sets) -> Iterator[Test]:
        raise Doubtful(why)

    return module


MODULES: Mapping[str, Callable[[Sequence[Option], Sets], Iterator[Test]]] = {
    "addrtype": addrtype,
    "comment": comment,
    "connmark": connmark,
    "conntrack": conntrack,
    "dccp": dccp,
    "icmp": icmp,
    "iprange": iprange,
    "length": length,
    "mac": mac,
    "mark": mark,
    "multiport": multiport,
    "physdev": physdev,
    "pkttype": pkttype,
    "sctp": sctp,
    "set": set_,
    "state": conntrack,
    "tcp": tcp,
    "ttl": ttl,
    "udp": udp,
    "udplite": udplite,
    "connlimit": doubtful("how many connections there are was not counted"),
    "hashlimit": doubtful("rates are not modelled"),
    "limit": doubtful("rates are not modelled"),
    "owner": doubtful("who sends is not known"),
    "quota": doubtful("what is left of a quota is not known"),
    "recent": doubtful("the lists of recent are not seen"),
    "rpfilter": doubtful("routes are not looked up in rules"),
    "socket": doubtful("sockets are not looked up"),
    "statistic": doubtful("it is a matter of chance"),
    "string": doubtful("the payload is not known"),
    "time": doubtful("it depends on the time of day"),
    "u32": doubtful("the bytes of the packet are not known"),
}

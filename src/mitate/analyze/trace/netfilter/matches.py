"""What a rule of iptables can ask beyond the headers of a packet, and all its modules by name.

A module that asks for what no snapshot holds (a rate, a socket, the time) raises Doubtful; see ``rule``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TypeAlias

from mitate.analyze.trace.conntrack import State
from mitate.analyze.trace.netfilter import headers
from mitate.analyze.trace.netfilter.headers import Test, port_within, protocol
from mitate.analyze.trace.netfilter.sets import Set
from mitate.analyze.trace.netfilter.skb import Skb
from mitate.analyze.trace.netfilter.words import Doubtful, Option, flags, masked, span
from mitate.analyze.trace.packet import network

Sets: TypeAlias = Mapping[str, Set]
Module: TypeAlias = Callable[[Sequence[Option]], Iterator[Test]]


def conntrack(options: Sequence[Option]) -> Iterator[Test]:
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


def mark(options: Sequence[Option]) -> Iterator[Test]:
    option = flags(options, "--mark")["--mark"]
    value, mask = masked(option.value)
    inverted = option.inverted
    yield lambda skb: (skb.mark & mask == value) != inverted


def connmark(options: Sequence[Option]) -> Iterator[Test]:
    option = flags(options, "--mark")["--mark"]
    value, mask = masked(option.value)
    inverted = option.inverted

    def test(skb: Skb) -> bool:
        tracked = skb.tracked
        if tracked is None or tracked.connection is None:
            return False
        return (tracked.connection.mark & mask == value) != inverted

    yield test


def physdev(options: Sequence[Option]) -> Iterator[Test]:
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


def in_set(options: Sequence[Option], sets: Sets) -> Iterator[Test]:
    given = flags(options, "--match-set", "--update-counters", "--update-subcounters", "--return-nomatch")
    if "--return-nomatch" in given:
        raise Doubtful("--return-nomatch is not modelled")
    name, sides = given["--match-set"].arguments
    inverted = given["--match-set"].inverted
    if name not in sets:
        raise Doubtful(f"the set {name} was not seen")
    has = sets[name].lookup(tuple(sides.split(",")))
    yield lambda skb: has(skb) != inverted


def policy(options: Sequence[Option]) -> Iterator[Test]:
    """IPsec, which no packet of a walk has."""
    given = flags(options, "--dir", "--pol", "--strict")
    if given["--pol"].value != "none":
        raise Doubtful("IPsec is not modelled")
    inverted = given["--pol"].inverted
    yield lambda _skb: not inverted


def comment(_options: Sequence[Option]) -> Iterator[Test]:
    return iter(())


def doubtful(why: str) -> Module:
    def module(_options: Sequence[Option]) -> Iterator[Test]:
        raise Doubtful(why)

    return module


MODULES: Mapping[str, Module] = {
    "addrtype": headers.addrtype,
    "comment": comment,
    "connmark": connmark,
    "conntrack": conntrack,
    "dccp": headers.dccp,
    "icmp": headers.icmp,
    "iprange": headers.iprange,
    "length": headers.length,
    "mac": headers.mac,
    "mark": mark,
    "multiport": headers.multiport,
    "physdev": physdev,
    "pkttype": headers.pkttype,
    "policy": policy,
    "sctp": headers.sctp,
    "state": conntrack,
    "tcp": headers.tcp,
    "ttl": headers.ttl,
    "udp": headers.udp,
    "udplite": headers.udplite,
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

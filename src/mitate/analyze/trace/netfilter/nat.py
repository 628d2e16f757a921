"""Network address translation (``nf_nat_core``): a rule chooses the tuple of the answers, once for a
connection and side; the headers of every packet follow from the connection.
"""

from __future__ import annotations

from mitate.analyze.trace.conntrack import Connection, State, Tracked, Tuple, inverse, is_error
from mitate.analyze.trace.netfilter.rule import ACCEPT, Act, Rule
from mitate.analyze.trace.netfilter.skb import Skb
from mitate.analyze.trace.packet import DRAWN, Packet, ip

Range = tuple[int, int]

DESTINATION = frozenset({"PREROUTING", "OUTPUT"})
"""Hooks that change the destination; the others change the source."""


def is_open(skb: Skb) -> bool:
    """Whether the rules of a nat table are asked: for a first packet, and for an ICMP error never."""
    tracked = skb.tracked
    if tracked is None or tracked.connection is None or tracked.state is State.ESTABLISHED:
        return False
    if tracked.state is State.RELATED and is_error(skb.packet):
        return False
    connection = tracked.connection
    return not (connection.dst_done if skb.hook in DESTINATION else connection.src_done)


def close(skb: Skb) -> None:
    """No rule wanted the packet: its connection keeps that side as it is."""
    if skb.tracked is None or skb.tracked.connection is None:
        return
    if skb.hook in DESTINATION:
        skb.tracked.connection.dst_done = True
    else:
        skb.tracked.connection.src_done = True


def destination(where: Range | None, ports: Range | None) -> Act:
    def act(skb: Skb, rule: Rule) -> str:
        _set_up(skb, rule, where, ports, towards=True)
        return ACCEPT

    return act


def source(where: Range | None, ports: Range | None, drawn: bool = False) -> Act:
    """drawn: the port, or the ICMP identifier, is drawn by chance (--random, --random-fully)."""

    def act(skb: Skb, rule: Rule) -> str:
        _set_up(skb, rule, where, ports, towards=False, drawn=drawn)
        return ACCEPT

    return act


def either(where: Range | None, ports: Range | None, drawn: bool = False) -> Act:
    """SNAT and DNAT by where the rule stands, as the nat table has it."""

    def act(skb: Skb, rule: Rule) -> str:
        _set_up(skb, rule, where, ports, towards=skb.hook in DESTINATION, drawn=drawn)
        return ACCEPT

    return act


def masquerade(ports: Range | None, drawn: bool = False) -> Act:
    """To the first address of the device that the packet leaves by."""

    def act(skb: Skb, rule: Rule) -> str:
        _set_up(skb, rule, _own(skb, rule, skb.oif), ports, towards=False, drawn=drawn)
        return ACCEPT

    return act


def redirect(ports: Range | None) -> Act:
    """To the namespace itself: the first address of the device that the packet came in by."""

    def act(skb: Skb, rule: Rule) -> str:
        where = (_LOOPBACK, _LOOPBACK) if skb.hook == "OUTPUT" else _own(skb, rule, skb.iif)
        _set_up(skb, rule, where, ports, towards=True)
        return ACCEPT

    return act


_LOOPBACK = 127 << 24 | 1


def netmap(address: int, mask: int) -> Act:
    """The network is changed, the rest of the address stays."""

    def act(skb: Skb, rule: Rule) -> str:
        towards = skb.hook in DESTINATION
        to = address | (skb.dst if towards else skb.src) & ~mask
        _set_up(skb, rule, (to, to), None, towards=towards)
        return ACCEPT

    return act


def _own(skb: Skb, rule: Rule, device: str) -> Range | None:
    """The first address of a device, or else of another: that of the loopback is for nobody else
    (``inet_select_addr``)."""
    for its in (skb.addresses.get(device, ()), *skb.addresses.values()):
        for address in its:
            if address >> 24 != 127:
                return address, address
    skb.assume(f"{rule.where(skb.hook)}: the address of {device} is not known; it is left out")
    return None


def _set_up(
    skb: Skb, rule: Rule, where: Range | None, ports: Range | None, *, towards: bool, drawn: bool = False
) -> None:
    """Choose the connection's new tuple (``nf_nat_setup_info``), and change the packet."""
    if skb.tracked is None or skb.tracked.connection is None:
        return
    connection = skb.tracked.connection
    protocol, src, dst, sport, dport = inverse(connection.reply)
    if towards:
        dst, dport = _choose(skb, rule, dst, dport, where, ports)
    else:
        src, sport = _choose(skb, rule, src, sport, where, ports)
        if drawn and ports is None and protocol in ("tcp", "udp", "icmp"):
            sport = DRAWN
    reply = inverse((protocol, src, dst, sport, dport))
    changed = reply != connection.reply
    connection.reply = reply
    if towards:
        connection.dst_nat, connection.dst_done = changed, True
    else:
        connection.src_nat, connection.src_done = changed, True
    _translate(skb, rule)


def _choose(
    skb: Skb, rule: Rule, address: int, port: int, where: Range | None, ports: Range | None
) -> tuple[int, int]:
    """The first of several; which the kernel takes depends on a hash, and is said as an assumption."""
    if where is not None and not (where[0] <= address <= where[1] and where[0] != where[1]):
        if where[0] != where[1]:
            skb.assume(f"{rule.where(skb.hook)}: of several addresses {ip(where[0])} is taken")
        address = where[0]
    if ports is not None and not ports[0] <= port <= ports[1] and skb.proto in ("tcp", "udp"):
        if ports[0] != ports[1]:
            skb.assume(f"{rule.where(skb.hook)}: of several ports {ports[0]} is taken")
        port = ports[0]
    return address, port


def apply(skb: Skb) -> None:
    """Change the packet's headers as its connection has it (``nf_nat_packet``)."""
    _translate(skb, None)


def _translate(skb: Skb, rule: Rule | None) -> None:
    tracked = skb.tracked
    if tracked is None or tracked.connection is None:
        return
    if tracked.state is State.RELATED and is_error(skb.packet):
        _error(skb, tracked, tracked.connection)
        return
    connection = tracked.connection
    towards = skb.hook in DESTINATION
    if not (connection.dst_nat if towards != tracked.reply else connection.src_nat):
        return
    # What the packet is to look like: the other direction's tuple, turned round.
    _, src, dst, sport, dport = inverse(connection.first if tracked.reply else connection.reply)
    has_ports = skb.proto != "icmp"
    by = rule.where(skb.hook) if rule is not None else f"{skb.hook}: as the connection has it"
    proof = rule.evidence if rule is not None else None
    if towards and (skb.dst != dst or (has_ports and skb.dport != dport)):
        changed = f"{_said(skb.dst, skb.dport)} → {_said(dst, dport if has_ports else 0)}"
        skb.step("nat_dst", f"{by}: dst {changed}", proof)
        skb.dst = dst
        skb.dport = dport if has_ports else skb.dport
        skb.sport = skb.sport if has_ports else sport  # the identifier
    elif not towards and (skb.src, skb.sport) != (src, sport):
        changed = f"{_said(skb.src, has_ports and skb.sport)} → {_said(src, has_ports and sport)}"
        skb.step("nat_src", f"{by}: src {changed}", proof)
        skb.src, skb.sport = src, sport
    skb.track(tracked)


def _said(address: int, port: int) -> str:
    return ip(address) + (f":{port}" if 0 < port < DRAWN else "")


def _error(skb: Skb, tracked: Tracked, connection: Connection) -> None:
    """An ICMP error, and the packet quoted in it (``nf_nat_icmp_reply_translation``): the quoted one goes the
    other way, so that of it the other side changes."""
    towards = skb.hook in DESTINATION
    inner = skb.packet.inner
    if inner is None or not (connection.dst_nat if towards != tracked.reply else connection.src_nat):
        return
    other = connection.first if tracked.reply else connection.reply
    _, src, dst, _, _ = inverse(other)
    skb.packet = skb.packet.but(inner=_quoted(inner, other, not towards))
    if towards:
        skb.step("nat_dst", f"{skb.hook}: the ICMP error and the packet in it: dst {ip(skb.dst)} → {ip(dst)}")
        skb.dst = dst
    else:
        skb.step("nat_src", f"{skb.hook}: the ICMP error and the packet in it: src {ip(skb.src)} → {ip(src)}")
        skb.src = src


def _quoted(inner: Packet, one: Tuple, destination: bool) -> Packet:
    _, src, dst, sport, dport = one
    icmp = inner.proto == "icmp"
    if destination:
        return inner.but(dst=dst, sport=sport) if icmp else inner.but(dst=dst, dport=dport)
    return inner.but(src=src, sport=sport)

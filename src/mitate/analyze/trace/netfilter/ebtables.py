"""Rules of ebtables: what they can ask about a frame, and do with it.

Their options stand without ``-m``: each belongs to itself. ARP frames hold their addresses where the packet
has src and dst.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

from mitate.analyze.trace.netfilter import targets
from mitate.analyze.trace.netfilter.headers import Test, icmp_type, port_within, protocol
from mitate.analyze.trace.netfilter.rule import ACCEPT, Act, Rule
from mitate.analyze.trace.netfilter.skb import Skb
from mitate.analyze.trace.netfilter.words import Doubtful, Option, masked, span, whole
from mitate.analyze.trace.packet import BROADCAST, Packet, network, number

Maker: TypeAlias = Callable[[str, bool], Test]

_MACS = {
    "Unicast": ("00:00:00:00:00:00", "01:00:00:00:00:00"),
    "Multicast": ("01:00:00:00:00:00", "01:00:00:00:00:00"),
    "Broadcast": (BROADCAST, BROADCAST),
    "BGA": ("01:80:c2:00:00:00", BROADCAST),
}
_TYPES = {"ipv4": 0x0800, "ip": 0x0800, "arp": 0x0806, "ipv6": 0x86DD, "802_1q": 0x8100, "vlan": 0x8100}
_OPERATIONS = {"request": 1, "reply": 2}


def mac(text: str) -> int:
    """A MAC as a number. Raises ValueError.

    >>> hex(mac("fa:16:3e:0:0:1"))
    '0xfa163e000001'
    """
    parts = text.split(":")
    if len(parts) != 6 or any(len(part) > 2 for part in parts):
        raise ValueError(f"not a MAC: {text[:40]}")
    return int("".join(part.zfill(2) for part in parts), 16)


def ether_type(packet: Packet) -> int:
    if packet.vlan is not None:
        return 0x8100
    return 0x0806 if packet.arp else 0x0800


def device(side: str) -> Maker:
    def make(word: str, inverted: bool) -> Test:
        start = word.removesuffix("+")
        if start != word:
            return lambda skb: getattr(skb, side).startswith(start) != inverted
        return lambda skb: (getattr(skb, side) == word) != inverted

    return make


def ether(side: str) -> Maker:
    def make(word: str, inverted: bool) -> Test:
        address, _, mask = word.partition("/")
        if address in _MACS:
            address, mask = _MACS[address]
        bits = mac(mask) if mask else mac(BROADCAST)
        wanted = mac(address) & bits
        return lambda skb: (mac(getattr(skb.packet, side)) & bits == wanted) != inverted

    return make


def frame_type(word: str, inverted: bool) -> Test:
    if word.upper() == "LENGTH":
        return lambda skb: inverted
    wanted = _TYPES[word.lower()] if word.lower() in _TYPES else int(word, 16)
    return lambda skb: (ether_type(skb.packet) == wanted) != inverted


def arp_operation(word: str, inverted: bool) -> Test:
    wanted = _OPERATIONS.get(word.lower()) or whole(word)
    return _of_arp(lambda skb: skb.packet.arp == wanted, inverted)


def arp_address(source: bool) -> Maker:
    def make(word: str, inverted: bool) -> Test:
        address, mask, _ = network(word)
        if source:
            return _of_arp(lambda skb: skb.src & mask == address, inverted)
        return _of_arp(lambda skb: skb.dst & mask == address, inverted)

    return make


def arp_mac(word: str, inverted: bool) -> Test:
    wanted = ether("smac")(word, inverted)
    return lambda skb: bool(skb.packet.arp) and wanted(skb)


def arp_gratuitous(_word: str, inverted: bool) -> Test:
    return _of_arp(lambda skb: skb.src == skb.dst, inverted)


def arp_plain(_word: str, inverted: bool) -> Test:
    """Hardware type Ethernet, protocol IPv4: there is no other."""
    return _of_arp(lambda _skb: True, inverted)


def _of_arp(fits: Test, inverted: bool) -> Test:
    return lambda skb: bool(skb.packet.arp) and fits(skb) != inverted


def ip_address(source: bool) -> Maker:
    def make(word: str, inverted: bool) -> Test:
        address, mask, _ = network(word)
        if source:
            return _of_ip(lambda skb: skb.src & mask == address, inverted)
        return _of_ip(lambda skb: skb.dst & mask == address, inverted)

    return make


def ip_protocol(word: str, inverted: bool) -> Test:
    wanted = protocol(word)
    return _of_ip(lambda skb: skb.proto == wanted, inverted)


def ip_port(source: bool) -> Maker:
    def make(word: str, inverted: bool) -> Test:
        within = port_within(*span(word))
        if source:
            return _of_ip(lambda skb: within(skb.sport), inverted)
        return _of_ip(lambda skb: within(skb.dport), inverted)

    return make


def ip_icmp(word: str, inverted: bool) -> Test:
    kind, code = icmp_type(word)
    return _of_ip(
        lambda skb: (
            skb.proto == "icmp" and skb.packet.icmp_type == kind and code in (None, skb.packet.icmp_code)
        ),
        inverted,
    )


def _of_ip(fits: Test, inverted: bool) -> Test:
    return lambda skb: not skb.packet.arp and fits(skb) != inverted


def among(source: bool) -> Maker:
    """A list of MACs, each alone or with the one address that it may have; with addresses, only frames of
    IPv4 are compared (iptables' ``nft-bridge.c``)."""

    def make(word: str, inverted: bool) -> Test:
        pairs: set[tuple[int, int | None]] = set()
        for item in word.split(","):
            if item:
                address, _, ip = item.partition("=")
                pairs.add((mac(address), number(ip) if ip else None))
        addresses = any(ip is not None for _, ip in pairs)

        def test(skb: Skb) -> bool:
            have = mac(skb.packet.smac if source else skb.packet.dmac)
            if not addresses:
                return ((have, None) in pairs) != inverted
            ip = skb.src if source else skb.dst
            return not skb.packet.arp and ((have, ip) in pairs or (have, None) in pairs) != inverted

        return test

    return make


def mark(word: str, inverted: bool) -> Test:
    value, mask = masked(word)
    return lambda skb: (skb.mark & mask == value) != inverted


def vlan_id(word: str, inverted: bool) -> Test:
    wanted = whole(word)
    return lambda skb: skb.packet.vlan is not None and (skb.packet.vlan == wanted) != inverted


def packet_type(word: str, inverted: bool) -> Test:
    if word not in ("broadcast", "multicast"):
        raise Doubtful(f"--pkttype-type {word} is not modelled")
    everybody = mac(BROADCAST)

    def test(skb: Skb) -> bool:
        address = mac(skb.packet.dmac)
        if word == "broadcast":
            return (address == everybody) != inverted
        return (address != everybody and bool(address >> 40 & 1)) != inverted

    return test


OPTIONS: Mapping[str, Maker] = {
    "-i": device("physin"),
    "-o": device("physout"),
    "--logical-in": device("iif"),
    "--logical-out": device("oif"),
    "-s": ether("smac"),
    "-d": ether("dmac"),
    "-p": frame_type,
    "--arp-op": arp_operation,
    "--arp-opcode": arp_operation,
    "--arp-htype": arp_plain,
    "--arp-ptype": arp_plain,
    "--arp-ip-src": arp_address(True),
    "--arp-ip-dst": arp_address(False),
    "--arp-mac-src": arp_mac,
    "--arp-gratuitous": arp_gratuitous,
    "--ip-src": ip_address(True),
    "--ip-source": ip_address(True),
    "--ip-dst": ip_address(False),
    "--ip-destination": ip_address(False),
    "--ip-proto": ip_protocol,
    "--ip-protocol": ip_protocol,
    "--ip-sport": ip_port(True),
    "--ip-source-port": ip_port(True),
    "--ip-dport": ip_port(False),
    "--ip-destination-port": ip_port(False),
    "--ip-icmp-type": ip_icmp,
    "--among-src": among(True),
    "--among-dst": among(False),
    "--mark": mark,
    "--vlan-id": vlan_id,
    "--pkttype-type": packet_type,
}
_ONLY_IPV6 = "--ip6-"
_SILENT = ("--log", "--nflog", "--ulog")


def tests(options: Sequence[Option]) -> tuple[list[Test], list[str]]:
    """(tests, doubts) of a rule's options."""
    found: list[Test] = []
    doubts: list[str] = []
    for option in options:
        if option.name.startswith(_SILENT):
            continue
        if option.name.startswith(_ONLY_IPV6):
            found.append(lambda _skb: False)
        elif option.name not in OPTIONS:
            doubts.append(f"{option.name} is not modelled")
        else:
            try:
                value = option.value if option.arguments else ""
                found.append(OPTIONS[option.name](value, option.inverted))
            except Doubtful as doubt:
                doubts.append(str(doubt))
            except (ValueError, LookupError) as error:
                doubts.append(f"{option.name} cannot be read ({error})")
    return found, doubts


# Targets ------------------------------------------------------------------------------------------------


def mark_target(options: Sequence[Option]) -> Act:
    given = {option.name: option.value for option in options}
    verdict = _verdict(given.pop("--mark-target", "ACCEPT"))
    ((name, value),) = given.items()
    known = {"--mark-set": "--set-mark", "--mark-or": "--or-mark", "--mark-and": "--and-mark"}
    clear, flip = targets.bits(known.get(name, "--xor-mark"), value)

    def act(skb: Skb, rule: Rule) -> str | None:
        skb.mark = (skb.mark & ~clear & targets.ALL) ^ flip
        skb.marked_by = rule
        return verdict

    return act


def rewrite(side: str, option: str, aim: str) -> Callable[[Sequence[Option]], Act]:
    """snat and dnat: another MAC."""

    def make(options: Sequence[Option]) -> Act:
        given = {one.name: one.value for one in options if one.arguments}
        address = given.get(option) or given[option.replace("source", "src").replace("destination", "dst")]
        mac(address)
        verdict = _verdict(given.get(aim, "ACCEPT"))

        def act(skb: Skb, _rule: Rule) -> str | None:
            skb.packet = skb.packet.but(**{side: address.lower()})
            return verdict

        return act

    return make


def _verdict(word: str) -> str | None:
    return None if word == "CONTINUE" else {"ACCEPT": ACCEPT, "DROP": "drop", "RETURN": "return"}[word]


TARGETS: Mapping[str, Callable[[Sequence[Option]], Act]] = {
    "ACCEPT": targets.accept,
    "DROP": targets.drop,
    "RETURN": targets.back,
    "mark": mark_target,
    "snat": rewrite("smac", "--to-source", "--snat-target"),
    "dnat": rewrite("dmac", "--to-destination", "--dnat-target"),
}
QUIET = frozenset({"", "CONTINUE"})

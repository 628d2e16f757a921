"""What a probe will do, all of it, before anything is done.

A plan is checked when it is made: what is not within these bounds cannot be sent. They keep it harmless: few
packets, one a second, to one address each, for a minute or two.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from enum import StrEnum
from ipaddress import IPv4Address

import msgspec

MOST_SHOTS = 20
MOST_TIMES = 5
"""Packets of one shot."""
SPACING_S = 1.0
"""Between two packets, wherever they are sent from."""
MOST_SECONDS = 60
MOST_NAMESPACES = 2000
MOST_ADDRESSES = 48
CONNECT_S = 30.0
"""Until every host listens: none sends before."""
GRACE_S = 5
"""How much longer than planned the program on a host lives at most."""
SMALLEST = {"icmp": 46, "udp": 46, "tcp": 58, "arp": 28}
"""Bytes at layer 3, with room for the mark."""
LARGEST = 9216
NOBODY = "0.0.0.0"  # noqa: S104 # who asks by ARP without being remembered (RFC 5227)
_HOST = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.:-]{0,252}")
_NAMESPACE = re.compile(r"(?!\.)[A-Za-z0-9_.:@+-]{1,128}")
_DEVICE = re.compile(r"(?!\.)[A-Za-z0-9_.:@+-]{1,15}")
_MAC = re.compile(r"[0-9a-f]{2}(:[0-9a-f]{2}){5}")


class How(StrEnum):
    """How a packet gets onto its way."""

    STACK = "stack"
    """Sent by the namespace's own network stack, as a program there would send it."""
    INJECT = "inject"
    """Put in at a device as received there: from the guest behind a tap, or from the wire."""


class Shot(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of packet and where it is sent from. Raises ValueError when it is not within bounds.

    sender: who it claims to come from, for people ("server vm1"). namespace "": the host's own. device: where
    it is put in (INJECT), or on which an ARP request goes out. size: bytes at layer 3. sport: of ICMP, the
    identifier. smac, dmac, vlan: of an injected frame; vlan 0 is untagged.
    """

    host: str
    how: How
    proto: str
    src: str
    dst: str
    sender: str = ""
    namespace: str = ""
    device: str = ""
    sport: int = 0
    dport: int = 0
    size: int = 84
    df: bool = True
    ttl: int = 64
    smac: str = ""
    dmac: str = ""
    vlan: int = 0
    times: int = 1
    extra: bool = False
    """It helps to understand the answer; it is not the packet that was asked about."""

    def __post_init__(self) -> None:
        injected, arp = self.how is How.INJECT, self.proto == "arp"
        _need(bool(_HOST.fullmatch(self.host)), f"{self.host!r} is no name of a host")
        _need(self.how in How, f"{self.how!r} is no way to send")
        _need(self.proto in SMALLEST, f"{self.proto!r} is not sent, only icmp, tcp, udp and arp")
        _need(not (injected and arp), "ARP is asked by the namespace that has the address, not in its name")
        _need(_named(_NAMESPACE, self.namespace), f"{self.namespace!r} is no name of a namespace")
        _need(_named(_DEVICE, self.device), f"{self.device!r} is no name of a device")
        _need(
            bool(self.device) == (injected or arp), "a device is named where a frame is put in, nowhere else"
        )
        for address in (self.src, self.dst):
            nobody = arp and address == NOBODY and address == self.src
            _need(nobody or _single(address), f"{address} is not the address of one host")
        _need(SMALLEST[self.proto] <= self.size <= LARGEST, f"{self.size} bytes is no size for {self.proto}")
        _need(1 <= self.times <= MOST_TIMES, f"{self.times} packets: 1 to {MOST_TIMES} are sent")
        _need(1 <= self.ttl <= 255, f"{self.ttl} is no TTL")
        _need(0 <= self.vlan <= 4094, f"{self.vlan} is no VLAN")
        _need(0 <= self.sport <= 65535 and 0 <= self.dport <= 65535, "ports are 0 to 65535")
        if self.proto in ("tcp", "udp"):
            _need(self.sport > 0 and self.dport > 0, f"{self.proto} needs both ports")
        if injected:
            _need(_single_mac(self.smac), f"{self.smac!r} is not the MAC of one device")
            _need(_single_mac(self.dmac), f"{self.dmac!r} is not the MAC of one device")
        else:
            _need(not (self.smac or self.dmac or self.vlan), "the kernel itself makes the frame here")


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """The whole probe. Raises ValueError when it is not within bounds.

    watch: the namespaces to listen in ("" is the host's own), by host. addresses: whose ARP and whose drops
    matter, on any part of the way; those of the shots are added. overhear: addresses whose real traffic is
    listened to as well, headers only. seconds: how long to go on listening after the last packet.
    """

    watch: Mapping[str, tuple[str, ...]]
    shots: tuple[Shot, ...] = ()
    addresses: tuple[str, ...] = ()
    overhear: tuple[str, ...] = ()
    seconds: float = 5.0
    cookie: str = msgspec.field(default_factory=lambda: secrets.token_hex(16))

    def __post_init__(self) -> None:
        _need(bool(re.fullmatch(r"[0-9a-f]{32}", self.cookie)), "the cookie is not 16 bytes")
        _need(bool(self.watch), "nothing is listened to")
        _need(bool(self.shots or self.overhear), "nothing is sent and nothing overheard")
        _need(len(self.shots) <= MOST_SHOTS, f"more than {MOST_SHOTS} shots")
        _need(0 < self.seconds <= MOST_SECONDS, f"{self.seconds:g} s of listening: up to {MOST_SECONDS}")
        for host, namespaces in self.watch.items():
            _need(bool(_HOST.fullmatch(host)), f"{host!r} is no name of a host")
            _need(len(namespaces) <= MOST_NAMESPACES, f"more than {MOST_NAMESPACES} namespaces on {host}")
            _need(bool(namespaces), f"no namespace of {host} is listened to")
            for name in namespaces:
                _need(_named(_NAMESPACE, name), f"{name!r} is no name of a namespace")
        for shot in self.shots:
            _need(shot.host in self.watch, f"{shot.host} sends, but nobody listens there")
        for address in (*self.addresses, *self.overhear):
            _need(_single(address), f"{address} is not the address of one host")
        _need(len(self.involved()) <= MOST_ADDRESSES, f"more than {MOST_ADDRESSES} addresses")

    @property
    def packets(self) -> int:
        return sum(shot.times for shot in self.shots)

    @property
    def lasts_s(self) -> float:
        """From the first packet to the end of listening."""
        return self.packets * SPACING_S * 1.1 + self.seconds

    def involved(self) -> list[str]:
        """Every address that matters, once, in order."""
        sent = [address for shot in self.shots for address in (shot.src, shot.dst)]
        return [each for each in dict.fromkeys((*sent, *self.addresses, *self.overhear)) if each != NOBODY]

    def for_host(self, host: str) -> dict[str, object]:
        """What the program on one host is told: all shots (it may see them), of which it sends its own."""
        shots = [
            {**msgspec.to_builtins(shot), "here": shot.host == host, "host": "", "sender": ""}
            for shot in self.shots
        ]
        return {
            "cookie": self.cookie,
            "shots": shots,
            "watch": list(self.watch[host]),
            "addresses": self.involved(),
            "overhear": list(self.overhear),
            "waits": CONNECT_S + GRACE_S,
            "lives": self.lasts_s + GRACE_S,
        }


def knock(host: str, namespace: str, tap: str, address: str) -> Shot:
    """ARP straight into a guest's tap, from nobody: it shows whether the guest hears and answers at all,
    whatever the network beyond its tap does. No neighbour table remembers it."""
    return Shot(
        host=host, namespace=namespace, device=tap, how=How.STACK, proto="arp",
        src=NOBODY, dst=address, size=28, extra=True,
    )  # fmt: skip


def _need(holds: bool, otherwise: str) -> None:
    if not holds:
        raise ValueError(otherwise)


def _named(pattern: re.Pattern[str], name: str) -> bool:
    return not name or bool(pattern.fullmatch(name))


def _single(address: str) -> bool:
    """IPv4, and of one host as far as its form can tell."""
    try:
        ip = IPv4Address(address)
    except ValueError:
        return False
    return not (ip.is_multicast or ip.is_unspecified or ip.is_loopback or int(ip) >= 0xF0000000)


def _single_mac(mac: str) -> bool:
    return bool(_MAC.fullmatch(mac)) and not int(mac[:2], 16) & 1

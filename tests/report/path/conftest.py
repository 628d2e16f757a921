"""Hand-made paths through a cloud like the practice one, and that cloud's wiring."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from mitate.model.diagnosis import Confidence, Evidence
from mitate.model.path_reasons import BY_CODE
from mitate.model.topology import Device, Edge, Host, Segment, Space, Topology, Tunnel
from mitate.model.trace import (
    At,
    Direction,
    Disposition,
    Drop,
    Failure,
    Hop,
    Live,
    Path,
    Sighting,
    Step,
    Trace,
    Verdict,
)

NOW = datetime(2026, 11, 22, 18, 25, tzinfo=UTC)
ROUTER = "qrouter-139c8061-2b29-4ded-8286-6a675e31d53f"
BRIDGE, EXTERNAL = "brqc13e558d-81", "brqd1a81b5b-ca"
QG, QR, TAP = "qg-5eecc98f-7a", "qr-7bd0dfc9-5c", "tap70cd0e49-cf"
TAP_QG, TAP_QR, VXLAN = "tap5eecc98f-7a", "tap7bd0dfc9-5c", "vxlan-1668"

HOSTILE = (
    "<script>alert(1)</script>",
    "\x1b[31mred\x1b]0;title\x07\x9b2J",
    "two\nlines\r\x00\x08",
    "x" * 5_000,
    "\u202egpj.exe \u05d0\u05d1",
    "half \ud800 surrogate \ufffe",
    "]]> --> &amp; ''\"\" </svg></a>",
    '"><img src=x onerror=alert(1)>',
)


def seen(host: str, asked: str, excerpt: str) -> Evidence:
    return Evidence(host, asked, NOW - timedelta(seconds=2), excerpt)


def hop(host: str, namespace: str, enters: str, leaves: str, *steps: Step, guest: str = "") -> Hop:
    """With the entry and the exit that its devices call for."""
    first = (Step("enter", f"in by {enters}"),) if enters else ()
    last = (Step("exit", f"out by {leaves}"),) if leaves else ()
    return Hop(host, namespace, enters, leaves, (*first, *steps, *last), guest)


def failure(code: str, at: At, says: str, *evidence: Evidence, **more: object) -> Failure:
    reason = BY_CODE[code]
    made = Failure(code, reason.layer, at, Confidence.PREDICTED, says, (reason.fix,), evidence)
    return msgspec.structs.replace(made, **more)


ROUTE_IN = Step("fib_lookup", f"10.10.0.0/24 by {QR}")
DNAT = Step(
    "nat_dst",
    "203.0.113.151 → 10.10.0.107",
    seen(
        "network",
        f"ip netns exec {ROUTER} iptables-save",
        "-A neutron-l3-agent-PREROUTING -d 203.0.113.151/32 -j DNAT --to-destination 10.10.0.107",
    ),
)


def to_the_server(client: str, *at_the_end: Step, leaves: str = "") -> tuple[Hop, ...]:
    """From a client outside by the floating IP to vm1 on compute1."""
    return (
        hop("", "", "", "", Step("originate", f"{client} sends"), Step("exit", "to the external network")),
        hop(
            "network",
            "",
            "eth2",
            TAP_QG,
            Step("bridge_lookup", f"{EXTERNAL}: fa:16:3e:b0:3d:ad is behind {TAP_QG}"),
        ),
        hop("network", ROUTER, QG, QR, DNAT, ROUTE_IN, Step("neigh", "10.10.0.107 is at fa:16:3e:0f:3f:2b")),
        hop("network", "", TAP_QR, "eth1", Step("encap", "VXLAN 1668 to 10.0.1.21 (compute1)")),
        hop(
            "compute1",
            "",
            "eth1",
            TAP,
            Step("decap", "VXLAN 1668"),
            Step("filter", "security group: icmp allowed"),
        ),
        hop("compute1", "vm1", TAP, leaves, *at_the_end, guest="vm1"),
    )


def home(client: str) -> tuple[Hop, ...]:
    """The reply of vm1, all the way."""
    return (
        hop("compute1", "vm1", "", TAP, Step("reply_build", "answers"), guest="vm1"),
        hop("compute1", "", TAP, "eth1", Step("encap", "VXLAN 1668 to 10.0.1.12 (network)")),
        hop("network", "", "eth1", TAP_QR, Step("decap", "VXLAN 1668")),
        hop(
            "network",
            ROUTER,
            QR,
            QG,
            Step("conntrack_lookup", "reply of a known connection"),
            Step("fib_lookup", f"default by 203.0.113.1, {QG}"),
            Step("nat_src", "10.10.0.107 → 203.0.113.151"),
        ),
        hop("network", "", TAP_QG, "eth2"),
        hop("", "", "external network", "", Step("local_deliver", f"{client} has its answer")),
    )


def path(client: str, verdict: Verdict, mtu: int | None, *traces: Trace, **more: object) -> Path:
    asked = f"icmp from external:{client} to 203.0.113.151 (server vm1)"
    made = Path("lab", NOW, f"external:{client}", "203.0.113.151", asked, verdict, mtu, traces, took_s=0.004)
    return msgspec.structs.replace(made, **more)


def there(client: str, size: int, hops: tuple[Hop, ...], *ended: object) -> Trace:
    """ended: disposition, reason, assumptions."""
    flow = f"icmp {client} → 203.0.113.151"
    return Trace(Direction.FORWARD, size, flow, hops, *(ended or (Disposition.DELIVERED_ENDPOINT,)))  # type: ignore[arg-type]


def back(client: str, size: int, hops: tuple[Hop, ...], *ended: object) -> Trace:
    flow = f"icmp 10.10.0.107 → {client}"
    return Trace(Direction.RETURN, size, flow, hops, *(ended or (Disposition.DELIVERED_TO_SUBNET,)))  # type: ignore[arg-type]


@pytest.fixture
def healthy() -> Path:
    client = "198.51.100.7"
    whole = to_the_server(client, Step("local_deliver", "10.10.0.107 is its own"))
    ways = [
        way for size in (84, 1450) for way in (there(client, size, whole), back(client, size, home(client)))
    ]
    return path(client, Verdict.REACHABLE, 1450, *ways)


@pytest.fixture
def classic() -> Path:
    """The client's address lies in the server's own subnet: the reply never leaves the server's wire."""
    client, code = "10.10.0.99", "EP_SRC_ONLINK_OVERLAP"
    arp = seen(
        "compute1", f"tcpdump -ni {TAP} arp", "ARP, Request who-has 10.10.0.99 tell 10.10.0.107, length 28"
    )
    entry = seen(
        "network",
        f"ip netns exec {ROUTER} conntrack -L",
        "icmp 1 src=10.10.0.99 dst=203.0.113.151 [UNREPLIED] src=10.10.0.107 dst=10.10.0.99",
    )
    says = (
        "10.10.0.99 lies in 10.10.0.0/24, the server's own subnet: vm1 asks for it there, and nobody answers"
    )
    dead = hop(
        "compute1",
        "vm1",
        "",
        "",
        Step("reply_build", "answers"),
        Step("fib_lookup", "10.10.0.0/24 is on its own wire"),
        Step("neigh", "nobody answers for 10.10.0.99", arp, code),
        guest="vm1",
    )
    whole = to_the_server(client, Step("local_deliver", "10.10.0.107 is its own"))
    assumed = (
        "vm1 is as Neutron describes it: 10.10.0.107/24, gateway 10.10.0.1, MTU 1450; nobody looked inside",
    )
    return path(
        client,
        Verdict.UNREACHABLE_RETURN,
        None,
        there(client, 84, whole, Disposition.DELIVERED_ENDPOINT, "", assumed),
        back(client, 84, (dead,), Disposition.NEIGH_UNRESOLVED, code, assumed),
        reasons=(
            failure(code, At("compute1", "vm1", TAP), says, entry, arp, direction=Direction.RETURN),
            failure(
                "RTR_REPLY_CONNECTED",
                At("network", ROUTER, QR),
                f"the router would send the reply back into 10.10.0.0/24 by {QR}",
                seen("network", f"ip -n {ROUTER} route", f"10.10.0.0/24 dev {QR} proto kernel scope link"),
                direction=Direction.RETURN,
                first=False,
            ),
        ),
    )


@pytest.fixture
def too_big() -> Path:
    """1500 bytes meet a bridge port of 1450, which says nothing; 1500 from outside are told at the router."""
    client, code = "198.51.100.7", "TUN_INNER_TOO_BIG_BRIDGE"
    whole = to_the_server(client, Step("local_deliver", "10.10.0.107 is its own"))
    link = seen("network", "ip -d link", f"7: {VXLAN}: <BROADCAST,UP> mtu 1450 master {BRIDGE}")
    says = f"{VXLAN} takes no more than 1450 bytes, and the bridge says nothing"
    dead = (*whole[:3], hop("network", "", TAP_QR, "", Step("mtu", says, link, code)))
    return path(
        client,
        Verdict.REACHABLE_SMALL_ONLY,
        1450,
        there(client, 84, whole),
        back(client, 84, home(client)),
        there(client, 1450, whole),
        back(client, 1450, home(client)),
        there(client, 1500, dead, Disposition.TOO_BIG_SILENT, code),
        reasons=(failure(code, At("network", "", VXLAN), says, link, confidence=Confidence.CONFIRMED),),
    )


@pytest.fixture
def told_home() -> Path:
    """As it should be with 1500 bytes: the router says so, and the message reaches the sender."""
    client, code = "198.51.100.7", "RTR_PMTUD_BLACKHOLE"
    whole = to_the_server(client, Step("local_deliver", "10.10.0.107 is its own"))
    dead = (*whole[:2], hop("network", ROUTER, QG, "", DNAT, Step("mtu", f"{QR} takes 1450", None, code)))
    error = (
        hop("network", ROUTER, "", QG, Step("originate", "fragmentation needed, MTU 1450")),
        hop("network", "", TAP_QG, "eth2"),
        hop("", "", "external network", "", Step("local_deliver", f"{client} is told")),
    )
    flow = f"icmp 203.0.113.194 → {client}"
    return path(
        client,
        Verdict.REACHABLE,
        1450,
        there(client, 84, whole),
        back(client, 84, home(client)),
        there(client, 1500, dead, Disposition.TOO_BIG_SIGNALLED, code),
        Trace(Direction.ICMP_ERROR, 1500, flow, error, Disposition.DELIVERED_TO_SUBNET),
    )


@pytest.fixture
def refused() -> Path:
    """No rule lets it in; beyond that, nobody would listen. A probe came further than foretold."""
    client, code = "198.51.100.7", "SG_INGRESS_DENY"
    whole = to_the_server(client, Step("local_deliver", "nobody listens on port 22", None, "EP_NO_LISTENER"))
    rule = seen(
        "compute1", "iptables-save", "-A neutron-linuxbri-i70cd0e49-c -j neutron-linuxbri-sg-fallback"
    )
    stop = Step("filter", "no rule of security group default lets tcp/22 in", rule, code)
    at_the_tap = hop("compute1", "", "eth1", TAP, Step("decap", "VXLAN 1668"), stop)
    at = At("compute1", "", TAP)
    live = Live(
        sent=("tcp 198.51.100.7:40000 → 203.0.113.151:22, 1 packet, from the operator's host",),
        sightings=(
            Sighting(At("network", "", "eth2"), "in", NOW, "tcp 198.51.100.7 → 203.0.113.151"),
            Sighting(
                At("compute1", "", TAP),
                "out",
                NOW + timedelta(milliseconds=0.4),
                "tcp 198.51.100.7 → 10.10.0.107",
            ),
        ),
        drops=(
            Drop(At("compute1", "", TAP), "NETFILTER_DROP", "nft_do_chain"),
            *(Drop(At("compute1", "", "eth1"), "OTHERHOST", probe=probe) for probe in range(3)),
        ),
        answered=False,
        lost_after=At("compute1", "", TAP),
        agrees=False,
        says=(f"It was to die before {TAP}, and was seen leaving by it.",),
    )
    return path(
        client,
        Verdict.UNREACHABLE_FORWARD,
        None,
        there(client, 60, (*whole[:4], at_the_tap, whole[5]), Disposition.DROPPED, code),
        back(client, 60, home(client)),
        reasons=(
            failure(code, at, "No rule of security group default lets tcp/22 in", rule),
            failure("EP_NO_LISTENER", At("compute1", "vm1", TAP), "Nobody listens on port 22", first=False),
        ),
        live=live,
    )


@pytest.fixture
def answered() -> Path:
    """No rule translates the floating IP: the router itself answers, and its answer does come home."""
    client, code = "198.51.100.7", "FIP_DNAT_MISSING"
    router = hop("network", ROUTER, QG, "", Step("local_deliver", "203.0.113.151 is its own"))
    reply = (hop("network", ROUTER, "", QG, Step("reply_build", "answers")), *home(client)[4:])
    address = seen("network", f"ip -n {ROUTER} addr", "inet 203.0.113.151/32 scope global qg-5eecc98f-7a")
    says = "router1 itself answers for 203.0.113.151: no rule passes it on to 10.10.0.107"
    whole = (*to_the_server(client)[:2], router)
    return path(
        client,
        Verdict.ANSWERED_BY_WRONG_NODE,
        None,
        there(client, 84, whole, Disposition.ANSWERED_BY_OTHER, code),
        back(client, 84, reply),
        reasons=(failure(code, At("network", ROUTER, QG), says, address),),
    )


@pytest.fixture
def unknown() -> Path:
    client, code = "198.51.100.7", "INSUFFICIENT_INFO_HOST"
    hops = to_the_server(client)[:4]
    hops = (
        *hops[:3],
        hop("network", "", TAP_QR, "", Step("encap", "VXLAN 1668"), Step("neigh", "?", None, code)),
    )
    return path(
        client,
        Verdict.UNDETERMINED,
        None,
        there(client, 84, hops, Disposition.INSUFFICIENT_INFO, code, ("compute1: links: permission denied",)),
        reasons=(
            failure(code, At("compute1"), "compute1 could not be asked", confidence=Confidence.INFERRED),
        ),
    )


@pytest.fixture
def hostile() -> Path:
    """Every name in it was chosen by somebody who means harm."""
    hops = []
    for number, name in enumerate(HOSTILE):
        enters, leaves = name if number else "", name if number + 1 < len(HOSTILE) else ""
        reason = "" if leaves else "SG_INGRESS_DENY"
        step = Step("nat_dst" if leaves else "filter", name, seen(name, name, name), reason)
        hops.append(hop(name, name, enters, leaves, step, guest=name if number % 2 else ""))
    bad = HOSTILE[0]
    return Path(
        bad,
        NOW,
        bad,
        bad,
        HOSTILE[1],
        Verdict.UNREACHABLE_FORWARD,
        None,
        (Trace(Direction.FORWARD, 84, bad, tuple(hops), Disposition.DROPPED, "SG_INGRESS_DENY", HOSTILE),),
        tuple(
            Failure(
                "SG_INGRESS_DENY",
                name,
                At(name, name, name),
                Confidence.PROVED,
                name,
                (name,),
                (seen(name, name, name),),
            )
            for name in HOSTILE
        ),
        Live(
            HOSTILE,
            tuple(Sighting(At(name, name, name), name, NOW, name) for name in HOSTILE),
            tuple(Drop(At(name, name, name), name, name) for name in HOSTILE),
            False,
            At(bad, bad, bad),
            False,
            HOSTILE,
        ),
    )


def device(host: str, space: str, name: str, kind: str = "", **more: object) -> Device:
    return msgspec.structs.replace(Device(At(host, space, name), kind, 1450, True), **more)


def compute(name: str, server: str, tap: str, address: str) -> Host:
    own = Space(
        name,
        "",
        (
            device(name, "", "eth1", addresses=(f"10.0.1.{address}/24",)),
            device(name, "", BRIDGE, "bridge", owner="network private"),
            device(name, "", tap, "tun", bridge=BRIDGE, owner=f"server {server}"),
            device(name, "", VXLAN, "vxlan", bridge=BRIDGE, number=1668, owner="network private"),
        ),
    )
    nic = device(name, server, tap, "guest", addresses=(f"10.10.0.{address}",), up=None)
    return Host(name, (own, Space(name, server, (nic,), f"server {server}", guest=True)))


@pytest.fixture
def lab() -> Topology:
    """A network node, two compute hosts, and a controller that no packet of a tenant meets."""
    network = Space(
        "network",
        "",
        (
            device("network", "", "eth1", addresses=("10.0.1.12/24",)),
            device("network", "", "eth2", bridge=EXTERNAL, mtu=1500),
            device("network", "", EXTERNAL, "bridge", owner="network public", mtu=1500),
            device("network", "", TAP_QG, "veth", bridge=EXTERNAL, owner="router router1", mtu=1500),
            device("network", "", BRIDGE, "bridge", owner="network private"),
            device("network", "", TAP_QR, "veth", bridge=BRIDGE, owner="router router1"),
            device("network", "", VXLAN, "vxlan", bridge=BRIDGE, number=1668, owner="network private"),
        ),
    )
    router = Space(
        "network",
        ROUTER,
        (
            device(
                "network", ROUTER, QG, "veth", addresses=("203.0.113.194/24", "203.0.113.151/32"), mtu=1500
            ),
            device("network", ROUTER, QR, "veth", addresses=("10.10.0.1/24",)),
        ),
        "router router1",
    )
    dhcp = Space("network", "qdhcp-c13e558d-8123-40cb-a736-94f8d4ddf6d4", (), "DHCP of network private")
    hosts = (
        compute("compute1", "vm1", TAP, "107"),
        compute("compute2", "vm2", "tap653e0c79-c5", "243"),
        Host("controller", (Space("controller", "", (device("controller", "", "eth0"),)),)),
        Host("network", (network, dhcp, router)),
    )
    edges = (
        Edge("over", At("compute1", "", VXLAN), At("compute1", "", "eth1")),
        Edge("over", At("network", "", VXLAN), At("network", "", "eth1")),
        Edge("tap", At("compute1", "", TAP), At("compute1", "vm1", TAP)),
        Edge("veth", At("network", "", TAP_QG), At("network", ROUTER, QG)),
        Edge("veth", At("network", "", TAP_QR), At("network", ROUTER, QR)),
    )
    tunnels = (
        Tunnel("vxlan", "compute1", "compute2", "10.0.1.21", "10.0.1.22", (1668,), True),
        Tunnel("vxlan", "compute1", "network", "10.0.1.21", "10.0.1.12", (1668,), True),
        Tunnel("vxlan", "compute2", "network", "10.0.1.22", "10.0.1.12", (1668,), False),
    )
    segments = (
        Segment("physical network physnet1", (At("network", "", "eth2"),), True),
        Segment(
            "10.0.1.0/24", (At("compute1", "", "eth1"), At("compute2", "", "eth1"), At("network", "", "eth1"))
        ),
    )
    return Topology(
        "lab", NOW, hosts, edges, tunnels, segments, ("compute9: network could not be seen: timeout",)
    )

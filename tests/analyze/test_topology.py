"""The wiring drawn from facts: recorded ones of the practice cloud, and hand-made ones for what it lacks."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mitate.analyze.trace.topology import topology
from mitate.collect.look import look
from mitate.collect.transport.bundle import open_bundle
from mitate.model.cloud import NetworkAgent, Port, Server
from mitate.model.net import Address, FdbEntry, Link
from mitate.model.ovs import OvsBridge, OvsInterface, OvsPort
from mitate.model.snapshot import Snapshot, snapshot
from mitate.model.source import API, Fact, Gap, Source
from mitate.model.topology import Device, Topology
from mitate.model.trace import At

NOW = datetime(2026, 11, 22, 18, 25, tzinfo=UTC)
HEALTHY = Path(__file__).parents[1] / "recordings/healthy.tar.gz"


def seen(host: str) -> Source:
    return Source(host, "ip -d link", NOW)


def link(host: str, name: str, index: int, kind: str = "veth", space: str = "", **more: object) -> Link:
    return Link(
        source=seen(host),
        namespace=space,
        name=name,
        index=index,
        kind=kind,
        mtu=1450,
        up=True,
        state="UP",
        **more,  # type: ignore[arg-type]
    )


def drawn(*facts: Fact, gaps: Iterable[Gap] = ()) -> Topology:
    return topology(snapshot("lab", NOW, facts, gaps))


def devices(made: Topology) -> dict[At, Device]:
    return {d.at: d for host in made.hosts for space in host.spaces for d in space.devices}


@pytest.fixture(scope="module")
def healthy() -> Snapshot:
    bundle = open_bundle(HEALTHY)
    return asyncio.run(look(bundle.cloud, bundle.api, bundle.hosts, None, bundle.taken_at, None, ()))


class TestPracticeCloud:
    def test_what_stands_where(self, healthy: Snapshot) -> None:
        made = topology(healthy)
        assert [host.name for host in made.hosts] == ["compute1", "compute2", "controller", "network"]
        network = made.hosts[3]
        assert [(s.name[:5], s.owner) for s in network.spaces] == [
            ("", ""),
            ("qdhcp", "DHCP of network private"),
            ("qrout", "router router1"),
        ]
        guest = made.hosts[0].spaces[-1]
        assert (guest.name, guest.owner, guest.guest) == ("vm1", "server vm1", True)
        assert guest.devices[0].mtu == 1450
        assert guest.devices[0].addresses[0].startswith("10.10.0.")

    def test_what_is_wired_to_what(self, healthy: Snapshot) -> None:
        """By the kinds of devices: those of a pair end in the same letters, as Neutron names them."""
        edges = topology(healthy).edges
        assert sorted({(edge.kind, edge.a.device[:3], edge.b.device[:3]) for edge in edges}) == [
            ("over", "vxl", "eth"),
            ("tap", "tap", "car"),
            ("veth", "tap", "ns-"),
            ("veth", "tap", "qg-"),
            ("veth", "tap", "qr-"),
        ]
        pairs = [edge for edge in edges if edge.kind == "veth"]
        assert all(edge.a.device[3:] == edge.b.device[3:] for edge in pairs)

    def test_tunnels_and_wires(self, healthy: Snapshot) -> None:
        made = topology(healthy)
        assert [(t.kind, t.a, t.address_a, t.b, t.address_b, t.both) for t in made.tunnels] == [
            ("vxlan", "compute1", "10.0.1.21", "compute2", "10.0.1.22", True),
            ("vxlan", "compute1", "10.0.1.21", "network", "10.0.1.12", True),
            ("vxlan", "compute2", "10.0.1.22", "network", "10.0.1.12", True),
        ]
        assert len({tunnel.numbers for tunnel in made.tunnels}) == len(made.tunnels[0].numbers) == 1
        wires = {s.name: ([f"{at.host} {at.device}" for at in s.members], s.external) for s in made.segments}
        assert wires["physical network physnet1"] == (["network eth2"], True)
        assert wires["10.0.1.0/24"] == (["compute1 eth1", "compute2 eth1", "network eth1"], False)


def test_nothing_seen_is_said() -> None:
    gaps = (
        Gap("compute1", "network", "timeout", ("Link",)),
        Gap("compute1", "journal", "denied", ("LogLine",)),
    )
    made = drawn(gaps=gaps)
    assert (made.hosts, made.edges, made.tunnels) == ((), (), ())
    assert made.unseen == ("compute1: network could not be seen: timeout",)


def test_a_pair_is_one_only_when_both_ends_say_so() -> None:
    """eth0's other end is on another machine; that its indexes fit a tap here means nothing."""
    made = drawn(
        link("h", "eth0", 2, peer_index=6),
        link("h", "tapaaaaaaaa-aa", 6, peer_index=2),
        link("h", "qr-aaaaaaaa-aa", 2, space="qrouter-1", peer_index=6),
    )
    assert [(edge.a.device, edge.b.device) for edge in made.edges] == [("tapaaaaaaaa-aa", "qr-aaaaaaaa-aa")]


def test_a_tunnel_that_only_one_side_knows() -> None:
    def vxlan(host: str, address: str) -> list[Fact]:
        return [
            link(host, "eth1", 2, ""),
            link(host, "vxlan-7", 3, "vxlan", vxlan_id=7, vxlan_link="eth1", vxlan_local=address),
            Address(source=seen(host), namespace="", link="eth1", ip=address, prefix=24),
        ]

    def knows(host: str, remote: str) -> FdbEntry:
        return FdbEntry(
            source=seen(host), namespace="", link="vxlan-7", mac="00:00:00:00:00:00", remote=remote
        )

    made = drawn(
        *vxlan("a", "10.0.0.1"), *vxlan("b", "10.0.0.2"), knows("a", "10.0.0.2"), knows("b", "10.0.0.9")
    )
    assert [(t.a, t.b, t.address_b, t.both) for t in made.tunnels] == [
        ("b", "", "10.0.0.9", None),  # to nobody who was looked at
        ("a", "b", "10.0.0.2", False),
    ]


def test_open_vswitch() -> None:
    """Ports by bridge with their tags, patches, a port within a router, and tunnels of two hosts."""

    def switch(host: str, far: str) -> list[Fact]:
        def plug(
            name: str, bridge: str, kind: str = "", tag: int | None = None, **options: str
        ) -> list[Fact]:
            source = seen(host)
            pairs = tuple(options.items())
            return [
                OvsPort(source=source, name=name, bridge=bridge, tag=tag, interfaces=(name,)),
                OvsInterface(source=source, name=name, port=name, bridge=bridge, type=kind, options=pairs),
            ]

        return [
            OvsBridge(source=seen(host), name="br-int"),
            OvsBridge(source=seen(host), name="br-tun"),
            link(host, "eth1", 2, ""),
            link(host, "br-int", 3, "openvswitch"),
            link(host, "tapbbbbbbbb-bb", 4, "tun"),
            link(host, "qr-cccccccc-cc", 5, "openvswitch", space="qrouter-1"),
            *plug("br-int", "br-int", "internal"),
            *plug("tapbbbbbbbb-bb", "br-int", tag=3),
            *plug("qr-cccccccc-cc", "br-int", "internal", 3),
            *plug("patch-tun", "br-int", "patch", peer="patch-int"),
            *plug("patch-int", "br-tun", "patch", peer="patch-tun"),
            *plug("vxlan-1", "br-tun", "vxlan", remote_ip=far, local_ip="10.0.0.1", in_key="flow"),
        ]

    agents = [
        NetworkAgent(
            source=seen(API),
            id=host,
            type="Open vSwitch agent",
            binary="",
            host=host,
            alive=True,
            admin_up=True,
            tunnel_ip=ip,
        )
        for host, ip in (("a", "10.0.0.1"), ("b", "10.0.0.2"))
    ]
    made = drawn(*switch("a", "10.0.0.2"), *switch("b", "10.0.0.1"), *agents)
    found = devices(made)
    assert (found[At("a", "", "br-int")].kind, found[At("a", "", "br-tun")].kind) == ("ovs", "ovs")
    tap = found[At("a", "", "tapbbbbbbbb-bb")]
    assert (tap.bridge, tap.number) == ("br-int", 3)
    assert found[At("a", "", "patch-int")].bridge == "br-tun"
    mine = {(edge.kind, edge.a, edge.b) for edge in made.edges if edge.a.host == "a"}
    assert mine == {
        ("patch", At("a", "", "patch-int"), At("a", "", "patch-tun")),
        ("port", At("a", "qrouter-1", "qr-cccccccc-cc"), At("a", "", "br-int")),
    }
    assert [(t.kind, t.a, t.b, t.numbers, t.both) for t in made.tunnels] == [("vxlan", "a", "b", (), True)]


def test_a_server_on_a_host_that_nobody_saw() -> None:
    facts = [
        Server(source=seen(API), id="s", name="web", project_id="p", status="ACTIVE", host="c9"),
        Port(
            source=seen(API),
            id="dddddddd-dddd",
            name="",
            network_id="n",
            mac="fa:16:3e:00:00:01",
            status="ACTIVE",
            admin_up=True,
            device_owner="compute:nova",
            device_id="s",
            host="c9",
        ),
    ]
    made = drawn(*facts)
    (host,) = made.hosts
    assert (host.name, [space.owner for space in host.spaces]) == ("c9", ["server web"])

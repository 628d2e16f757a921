"""What the walk says of a real cloud in which one thing was changed. The kernel agrees: tests/oracle."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from mitate.analyze.trace.verdict import Wanted, trace
from mitate.analyze.trace.world import World
from mitate.model.cloud import FloatingIp, Port, Router, Server
from mitate.model.net import (
    Address,
    FdbEntry,
    IptablesChain,
    IptablesRule,
    Link,
    Neighbour,
    NetworkSetting,
    Route,
)
from mitate.model.source import Fact
from mitate.model.trace import Direction, Disposition, Path, Verdict
from tests.trace.conftest import Cloud, changed, recorded, without

Broken = Callable[[Cloud], World]


def walked(world: World, cloud: Cloud, wanted: Wanted | None = None) -> Path:
    return trace(world, cloud.client, cloud.floating.address, wanted or Wanted())


def at_router(kind: type[Fact], cloud: Cloud) -> Callable[[Fact], bool]:
    return lambda fact: isinstance(fact, kind) and getattr(fact, "namespace", "") == cloud.space


def rule(cloud: Cloud, word: str) -> Callable[[Fact], bool]:
    return lambda fact: isinstance(fact, IptablesRule) and fact.namespace == cloud.space and word in fact.rule


def notrack(cloud: Cloud) -> tuple[Fact, Fact]:
    """A rule in the router's raw table that takes everything out of connection tracking."""
    where = {"namespace": cloud.space, "table": "raw", "chain": "PREROUTING"}
    return (
        cloud.like(IptablesChain, "network", policy="ACCEPT", **where),
        cloud.like(IptablesRule, "network", rule="-A PREROUTING -j CT --notrack", **where),
    )


def test_a_healthy_cloud_is_reachable_both_ways(cloud: Cloud) -> None:
    path = walked(cloud.but(), cloud)
    assert (path.verdict, path.path_mtu, path.reasons) == (Verdict.REACHABLE, 1450, ())
    assert {(each.direction, each.size, each.disposition) for each in path.traces} == {
        (Direction.FORWARD, 84, Disposition.DELIVERED_ENDPOINT),
        (Direction.FORWARD, 1450, Disposition.DELIVERED_ENDPOINT),
        (Direction.FORWARD, 1500, Disposition.TOO_BIG_SIGNALLED),
        (Direction.RETURN, 84, Disposition.EXITS_SNAPSHOT),
        (Direction.RETURN, 1450, Disposition.EXITS_SNAPSHOT),
        (Direction.RETURN, 1500, Disposition.EXITS_SNAPSHOT),
        (Direction.ICMP_ERROR, 1500, Disposition.EXITS_SNAPSHOT),
    }


@pytest.mark.parametrize("destination", ["dhcp", "metadata", "vm2", "external:198.51.100.7"])
def test_a_server_reaches_what_it_needs(cloud: Cloud, destination: str) -> None:
    assert trace(cloud.but(), "vm1", destination).verdict is Verdict.REACHABLE


def test_the_reply_is_translated_back(cloud: Cloud) -> None:
    path = walked(cloud.but(), cloud)
    back = next(each for each in path.traces if each.direction is Direction.RETURN)
    done = [step.did for hop in back.hops for step in hop.steps if step.kind == "nat_src"]
    assert len(done) == 1
    assert done[0].endswith(f"src {cloud.floating.fixed_ip} → {cloud.floating.address}")


BREAKS: dict[str, Broken] = {
    "FIP_DNAT_MISSING": lambda c: c.but(without(rule(c, "-j DNAT --to-destination"))),
    "FIP_ADDR_MISSING": lambda c: c.but(
        without(lambda f: isinstance(f, Address) and f.ip == c.floating.address)
    ),
    "NAT_NOTRACK": lambda c: c.but(None, *notrack(c)),
    "RTR_NO_ROUTE": lambda c: c.but(
        without(lambda f: at_router(Route, c)(f) and getattr(f, "destination", "") == "default")
    ),
    "RTR_BLACKHOLE": lambda c: c.but(
        None, c.like(Route, "network", namespace=c.space, table="main", destination="198.51.100.0/24",
                     type="blackhole", link="", via=""),
    ),
    "RTR_IFACE_DOWN": lambda c: c.but(
        changed(lambda f: isinstance(f, Link) and f.name == c.device("qr-"), up=False)
    ),
    "RTR_NEIGH_WRONG": lambda c: c.but(
        without(lambda f: at_router(Neighbour, c)(f) and getattr(f, "ip", "") == c.floating.fixed_ip),
        c.like(
            Neighbour,
            "network",
            namespace=c.space,
            link=c.device("qr-"),
            ip=c.floating.fixed_ip,
            mac="02:00:00:0b:ad:00",
            state="PERMANENT",
        ),
    ),
    "TAP_NOT_IN_BRIDGE": lambda c: c.but(
        changed(lambda f: isinstance(f, Link) and f.name == c.tap, master="")
    ),
    "TAP_MISSING": lambda c: c.but(without(lambda f: isinstance(f, Link) and f.name == c.tap)),
    "TUN_UDP_PORT_MISMATCH": lambda c: c.but(
        changed(lambda f: isinstance(f, Link) and f.name == c.vxlan and f.source.host == "compute1",
                vxlan_port=4789)
    ),
    "TUN_VNI_MISMATCH": lambda c: c.but(
        changed(lambda f: isinstance(f, Link) and f.name == c.vxlan and f.source.host == "compute1",
                vxlan_id=77)
    ),
    "TUN_LINK_DOWN": lambda c: c.but(
        changed(lambda f: isinstance(f, Link) and f.name == "eth1" and f.source.host == "compute1", up=False)
    ),
    "TUN_REMOTE_MISSING": lambda c: c.but(
        without(lambda f: isinstance(f, FdbEntry) and f.link == c.vxlan and f.source.host == "network")
    ),
    "PORT_ADMIN_DOWN": lambda c: c.but(
        changed(lambda f: isinstance(f, Port) and f.id == c.port.id, admin_up=False)
    ),
    "RTR_ADMIN_DOWN": lambda c: c.but(changed(lambda f: isinstance(f, Router), admin_up=False)),
    "EP_NOT_RUNNING": lambda c: c.but(
        changed(lambda f: isinstance(f, Server) and f.name == "vm1", status="SHUTOFF")
    ),
    "FIP_NOT_ASSOCIATED": lambda c: c.but(
        changed(lambda f: isinstance(f, FloatingIp), port_id="", router_id="", fixed_ip="")
    ),
}  # fmt: skip


@pytest.mark.parametrize("code", BREAKS)
def test_the_reason_comes_first(cloud: Cloud, code: str) -> None:
    path = walked(BREAKS[code](cloud), cloud)
    assert path.reasons, path.verdict
    assert path.reasons[0].code == code, [(each.code, each.says) for each in path.reasons]
    assert path.reasons[0].evidence


WIRING = ("TAP_", "TUN_")
"""What Open vSwitch has ways of its own for."""


@pytest.mark.parametrize("code", [code for code in BREAKS if not code.startswith(WIRING)])
def test_the_reason_comes_first_where_open_vswitch_carries_it(code: str) -> None:
    cloud = Cloud(recorded("ovs/healthy"))
    path = walked(BREAKS[code](cloud), cloud)
    assert [each.code for each in path.reasons][:1] == [code], [each.says for each in path.reasons]


def test_a_router_that_does_not_forward(cloud: Cloud) -> None:
    source = next(f.source for f in cloud.seen.all(Route) if f.namespace == cloud.space)
    off = NetworkSetting(source=source, namespace=cloud.space, name="ipv4/ip_forward", value="0")
    told = without(at_router(NetworkSetting, cloud))
    path = walked(cloud.but(told, off), cloud)
    assert {each.code for each in path.reasons} == {"RTR_FORWARD_OFF"}
    assert path.verdict is Verdict.UNREACHABLE_FORWARD


def test_the_client_in_the_servers_own_subnet(cloud: Cloud) -> None:
    inside = cloud.floating.fixed_ip.rpartition(".")[0] + ".250"
    path = trace(cloud.but(), f"external:{inside}", cloud.floating.address)
    assert path.verdict is Verdict.UNREACHABLE_RETURN
    assert path.reasons[0].code == "EP_SRC_ONLINK_OVERLAP"


def test_all_independent_failures_are_told(cloud: Cloud) -> None:
    """A tap out of its bridge on the way there, and no way back from the router."""

    def change(fact: Fact) -> tuple[Fact, ...]:
        if at_router(Route, cloud)(fact) and getattr(fact, "destination", "") == "default":
            return ()
        out = changed(lambda f: isinstance(f, Link) and f.name == cloud.tap, master="")
        return tuple(out(fact))

    codes = [each.code for each in walked(cloud.but(change), cloud).reasons]
    assert codes[0] == "TAP_NOT_IN_BRIDGE"
    assert "RTR_NO_ROUTE" in codes


def test_a_host_that_nobody_saw_is_unknown_and_not_broken(cloud: Cloud) -> None:
    path = walked(cloud.but(without(lambda f: f.source.host == "compute1")), cloud)
    assert path.verdict is Verdict.UNDETERMINED
    assert path.reasons[0].code.startswith("INSUFFICIENT_INFO")


def test_a_table_that_nobody_saw_is_said_in_the_open(cloud: Cloud) -> None:
    seen = cloud.seen
    blind = type(seen)(
        cloud=seen.cloud,
        taken_at=seen.taken_at,
        facts={kind: facts for kind, facts in seen.facts.items() if kind is not IptablesRule},
        gaps=seen.gaps,
        looked=frozenset(pair for pair in seen.looked if pair[0] != "IptablesRule"),
    )
    path = trace(World(blind), "vm1", "vm2")
    assert path.verdict is Verdict.UNDETERMINED
    assert any("IptablesRule" in words for words in path.traces[0].assumptions)


def test_a_large_packet_that_dies_in_silence(cloud: Cloud) -> None:
    """The guest's network says 1500, its tunnel takes 1450, and the bridge between says nothing."""
    inner = cloud.port.network_id

    def change(fact: Fact) -> tuple[Fact, ...]:
        wide = changed(lambda f: type(f).__name__ == "Network" and getattr(f, "id", "") == inner, mtu=1500)
        return tuple(wide(fact))

    path = trace(cloud.but(change), "vm1", "vm2")
    assert (path.verdict, path.path_mtu) == (Verdict.REACHABLE_SMALL_ONLY, 1450)
    assert path.reasons[0].code == "TUN_INNER_TOO_BIG_BRIDGE"

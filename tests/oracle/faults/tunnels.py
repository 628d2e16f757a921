"""Tunnels, what carries them, and the sizes that fit through."""

from __future__ import annotations

from collections.abc import Iterator

from tests.oracle.build import PORT, at
from tests.oracle.faults import NOBODY, Command, Scene, fault
from tests.oracle.plan import NODE


@fault
def tunnel_remote_wrong(scene: Scene) -> Iterator[Command]:
    mac, host = scene.vm.nic.mac, NODE
    if scene.dice.often(0.4):
        mac, host = scene.inner.mac, scene.host
    remotes = ["10.0.1.99", *(scene.plan.underlay(other) for other in scene.plan.hosts if other != host)]
    yield (
        host,
        f"bridge fdb replace {mac} dev {scene.net.vxlan} dst {scene.dice.choice(remotes)} self permanent",
    )


@fault
def tunnel_remote_missing(scene: Scene) -> Iterator[Command]:
    host = scene.some_host()
    flush = f"bridge fdb show dev {scene.net.vxlan} | awk '/dst/ {{print $1, $3}}' | while read mac dst; do\n"
    only = scene.dice.choice(("", "[ $mac = 00:00:00:00:00:00 ] || continue; "))
    yield host, f"{flush}{only}bridge fdb del $mac dev {scene.net.vxlan} dst $dst self; done"


def _again(scene: Scene, host: str, vni: int, port: int) -> str:
    """The vxlan device once more, with other numbers; it floods to all, as its entries are gone."""
    plan, device = scene.plan, scene.net.vxlan
    lines = [
        f"ip link del {device}",
        f"ip link add {device} type vxlan id {vni} local {plan.underlay(host)} dev eth1 dstport {port}",
        f"ip link set {device} mtu 1450 master {scene.net.bridge} up",
    ]
    for other in scene.tap_hosts():
        if other != host:
            lines += [
                f"bridge fdb append 00:00:00:00:00:00 dev {device} dst {plan.underlay(other)} self permanent"
            ]
    return "\n".join(lines)


@fault
def tunnel_of_another_network(scene: Scene) -> Iterator[Command]:
    host = scene.some_host()
    yield host, _again(scene, host, scene.net.vni + 1, PORT)


@fault
def tunnel_to_another_port(scene: Scene) -> Iterator[Command]:
    host = scene.some_host()
    yield host, _again(scene, host, scene.net.vni, 4789)


@fault
def underlay_down(scene: Scene) -> Iterator[Command]:
    yield scene.some_host(), "ip link set eth1 down"


@fault
def underlay_address_missing(scene: Scene) -> Iterator[Command]:
    yield scene.some_host(), "ip address flush dev eth1"


@fault
def underlay_route_refuses(scene: Scene) -> Iterator[Command]:
    host = scene.some_host()
    other = scene.dice.choice([each for each in scene.plan.hosts if each != host])
    kind = scene.dice.choice(("blackhole", "unreachable"))
    yield host, f"ip route add {kind} {scene.plan.underlay(other)}/32"


@fault
def underlay_neighbour_wrong(scene: Scene) -> Iterator[Command]:
    host = scene.some_host()
    other = scene.dice.choice([each for each in scene.plan.hosts if each != host])
    yield host, f"ip neigh replace {scene.plan.underlay(other)} lladdr {NOBODY} dev eth1 nud permanent"


@fault
def underlay_mtu(scene: Scene) -> Iterator[Command]:
    yield scene.some_host(), f"ip link set eth1 mtu {scene.dice.choice((1400, 1300))}"


@fault
def everything_1500(scene: Scene) -> Iterator[Command]:
    """Nobody thought of the tunnel's overhead: the vxlan device itself answers what is too big."""
    device, bridge = scene.net.vxlan, scene.net.bridge
    for host in scene.tap_hosts():
        taps = [nic.tap for nic in scene.plan.taps(host) if nic.net == scene.net]
        yield host, "\n".join(f"ip link set {each} mtu 1500" for each in (*taps, device, bridge))
    for vm in scene.plan.vms:
        if vm.nic.net == scene.net:
            yield at(vm.nic.host, vm.space), "ip link set eth0 mtu 1500"
    yield scene.space, f"ip link set {scene.inner.device} mtu 1500"

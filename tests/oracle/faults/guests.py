"""What is wrong within a server, and a client whose address is of the server's own subnet."""

from __future__ import annotations

from collections.abc import Iterator

from tests.oracle.build import at
from tests.oracle.faults import NOBODY, Command, Scene, fault
from tests.oracle.plan import UPSTREAM


@fault
def guest_without_default_route(scene: Scene) -> Iterator[Command]:
    yield scene.guest, "ip route del default"


@fault
def guest_nic_down(scene: Scene) -> Iterator[Command]:
    yield scene.guest, "ip link set eth0 down"


@fault
def guest_without_address(scene: Scene) -> Iterator[Command]:
    yield scene.guest, "ip address flush dev eth0"


@fault
def guest_firewall(scene: Scene) -> Iterator[Command]:
    chain, proto = scene.dice.choice(("INPUT", "OUTPUT")), scene.plan.asked.proto
    verdict = scene.dice.choice(("DROP", "DROP", "REJECT"))
    yield scene.guest, f"iptables -A {chain} -p {proto} -j {verdict}"


@fault
def guest_firewall_of_another_port(scene: Scene) -> Iterator[Command]:
    yield scene.guest, "iptables -A INPUT -p tcp --dport 22 -j DROP"


@fault
def guest_mtu(scene: Scene) -> Iterator[Command]:
    yield scene.guest, f"ip link set eth0 mtu {scene.dice.choice((1500, 1500, 1400))}"


@fault
def guest_mtu_and_router_mtu(scene: Scene) -> Iterator[Command]:
    yield scene.guest, "ip link set eth0 mtu 1500"
    yield scene.space, f"ip link set {scene.inner.device} mtu 1500"


@fault
def guest_neighbour_wrong(scene: Scene) -> Iterator[Command]:
    state = scene.dice.choice(("permanent", "stale"))
    yield scene.guest, f"ip neigh replace {scene.net.gateway} lladdr {NOBODY} dev eth0 nud {state}"


@fault
def guest_route_that_refuses(scene: Scene) -> Iterator[Command]:
    yield scene.guest, f"ip route add {scene.dice.choice(('blackhole', 'unreachable'))} {scene.far}/32"


@fault
def guest_overlaps(scene: Scene) -> Iterator[Command]:
    """Docker in the guest, say: the far end's range is its own."""
    base = ".".join(scene.far.split(".")[:3])
    if not scene.vm.nic.ip.startswith(base):
        yield (
            scene.guest,
            f"ip link add docker0 type bridge\nip address add {base}.200/24 dev docker0\n"
            "ip link set docker0 up",
        )


@fault
def two_owners_of_an_address(scene: Scene) -> Iterator[Command]:
    same = [vm for vm in scene.others if vm.nic.net == scene.net]
    if same:
        other = scene.dice.choice(same)
        yield at(other.nic.host, other.space), f"ip address add {scene.vm.nic.ip}/24 dev eth0"


def _overlap(scene: Scene) -> bool:
    return scene.far == scene.plan.overlap and scene.net == scene.plan.nets[0]


@fault
def overlap_half_fixed(scene: Scene) -> Iterator[Command]:
    if _overlap(scene):
        yield scene.guest, f"ip route add {scene.far}/32 via {scene.net.gateway}"


@fault
def overlap_fixed(scene: Scene) -> Iterator[Command]:
    if _overlap(scene) and scene.qg:
        yield scene.guest, f"ip route add {scene.far}/32 via {scene.net.gateway}"
        yield scene.exit_space, f"ip route add {scene.far}/32 via {UPSTREAM} dev {scene.qg.device}"


@fault
def overlap_with_snat(scene: Scene) -> Iterator[Command]:
    if _overlap(scene):
        yield (
            scene.exit_space,
            (
                f"iptables -t nat -I POSTROUTING -o {scene.inner.device} -s {scene.far}/32"
                f" -j SNAT --to-source {scene.net.gateway}"
            ),
        )


@fault
def overlap_owned_by_a_server(scene: Scene) -> Iterator[Command]:
    same = [vm for vm in scene.others if vm.nic.net == scene.net]
    if _overlap(scene) and same:
        other = scene.dice.choice(same)
        yield at(other.nic.host, other.space), f"ip address add {scene.far}/24 dev eth0"

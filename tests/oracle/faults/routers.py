"""Routes, neighbours and ports of routers."""

from __future__ import annotations

from collections.abc import Iterator

from tests.oracle.build import at
from tests.oracle.faults import NOBODY, Command, Scene, fault
from tests.oracle.plan import NODE, UPSTREAM


@fault
def router_does_not_forward(scene: Scene) -> Iterator[Command]:
    yield scene.space, "echo 0 >/proc/sys/net/ipv4/ip_forward"


@fault
def router_default_route_missing(scene: Scene) -> Iterator[Command]:
    yield scene.exit_space, "ip route del default"


@fault
def router_route_that_refuses(scene: Scene) -> Iterator[Command]:
    kind = scene.dice.choice(("blackhole", "unreachable", "prohibit", "throw"))
    to = scene.dice.choice((f"{scene.far}/32", f"{scene.vm.nic.ip}/32"))
    yield scene.space, f"ip route add {kind} {to}"


@fault
def router_route_elsewhere(scene: Scene) -> Iterator[Command]:
    via = scene.net.cidr[scene.dice.choice((2, 250))]
    yield scene.space, f"ip route add {scene.far}/32 via {via} dev {scene.inner.device}"


@fault
def router_strict_and_asymmetric(scene: Scene) -> Iterator[Command]:
    yield (
        scene.space,
        (
            "echo 1 >/proc/sys/net/ipv4/conf/all/rp_filter\n"
            f"ip route add {scene.far}/32 dev {scene.inner.device}"
        ),
    )


@fault
def router_policy_rule(scene: Scene) -> Iterator[Command]:
    match = scene.dice.choice(
        (f"from {scene.vm.nic.ip}", f"to {scene.vm.nic.ip}", f"iif {scene.inner.device}", "fwmark 0x2/0xffff")
    )
    action = scene.dice.choice(
        ("prohibit", "blackhole", "unreachable", "lookup 77", "lookup 78", f"lookup 79 to {scene.far}")
    )
    yield (
        scene.space,
        (
            "ip route add blackhole default table 77\n"
            f"ip route add default via {scene.net.cidr[2]} dev {scene.inner.device} table 79\n"
            f"ip rule add {match} priority 1000 {action}"
        ),
    )


@fault
def router_neighbour_wrong(scene: Scene) -> Iterator[Command]:
    mac = scene.dice.choice((NOBODY, *(vm.nic.mac for vm in scene.others)))
    state = scene.dice.choice(("permanent", "permanent", "stale"))
    yield (
        scene.space,
        (f"ip neigh replace {scene.vm.nic.ip} lladdr {mac} dev {scene.inner.device} nud {state}"),
    )


@fault
def router_gateway_neighbour_wrong(scene: Scene) -> Iterator[Command]:
    if scene.qg:
        mac = scene.dice.choice((scene.inner.mac, scene.vm.nic.mac))
        yield (
            scene.exit_space,
            f"ip neigh replace {UPSTREAM} lladdr {mac} dev {scene.qg.device} nud permanent",
        )


@fault
def router_port_down(scene: Scene) -> Iterator[Command]:
    device = scene.dice.choice([scene.inner.device, *([scene.qg.device] if scene.qg else [])])
    yield scene.space if device == scene.inner.device else scene.exit_space, f"ip link set {device} down"


@fault
def router_address_missing(scene: Scene) -> Iterator[Command]:
    yield scene.space, f"ip address flush dev {scene.inner.device}"


@fault
def router_strict(scene: Scene) -> Iterator[Command]:
    yield scene.space, "echo 1 >/proc/sys/net/ipv4/conf/all/rp_filter"


@fault
def router_shortens_lives(scene: Scene) -> Iterator[Command]:
    to = scene.dice.choice((f"-d {scene.vm.nic.ip}", f"-s {scene.vm.nic.ip}", f"-i {scene.inner.device}"))
    yield (
        scene.space,
        f"iptables -t mangle -I PREROUTING {to} -j TTL --ttl-set {scene.dice.choice((1, 1, 2))}",
    )


@fault
def routers_in_a_loop(scene: Scene) -> Iterator[Command]:
    if len(scene.plan.routers) == 2 and not scene.plan.routers[1].gateway:
        first, second = scene.plan.routers
        joint = next(nic for nic in second.inner if nic.net == first.inner[0].net)
        yield at(NODE, first.space), f"ip route add {scene.far}/32 via {joint.ip}"

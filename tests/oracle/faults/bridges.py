"""Bridges of networks, and of the external one."""

from __future__ import annotations

from collections.abc import Iterator

from tests.oracle.faults import Command, Scene, fault
from tests.oracle.plan import NODE


def _port(scene: Scene) -> tuple[str, str]:
    """A port of a bridge on the way: (host, device)."""
    return scene.dice.choice(
        (
            (scene.host, scene.vm.nic.tap),
            (scene.host, scene.vm.nic.tap),
            (scene.host, scene.net.vxlan),
            (NODE, scene.inner.tap),
            (NODE, scene.net.vxlan),
        )
    )


@fault
def bridge_port_missing(scene: Scene) -> Iterator[Command]:
    host, device = _port(scene)
    yield host, f"ip link set {device} nomaster"


@fault
def bridge_port_down(scene: Scene) -> Iterator[Command]:
    host, device = _port(scene)
    yield host, f"ip link set {device} down"


@fault
def bridge_port_not_forwarding(scene: Scene) -> Iterator[Command]:
    host, device = _port(scene)
    yield host, f"bridge link set dev {device} state 0"


@fault
def bridge_ports_isolated(scene: Scene) -> Iterator[Command]:
    host = scene.some_host()
    taps = [nic.tap for nic in scene.plan.taps(host) if nic.net == scene.net]
    for device in scene.dice.choice(([scene.net.vxlan, *taps], taps, [scene.net.vxlan])):
        yield host, f"bridge link set dev {device} isolated on"


@fault
def bridge_port_does_not_flood(scene: Scene) -> Iterator[Command]:
    host, device = _port(scene)
    what = scene.dice.choice(("flood", "learning"))
    yield host, f"bridge link set dev {device} {what} off"


@fault
def bridge_down(scene: Scene) -> Iterator[Command]:
    yield scene.some_host(), f"ip link set {scene.net.bridge} down"


@fault
def forwarding_entry_wrong(scene: Scene) -> Iterator[Command]:
    host = scene.some_host()
    mac = scene.dice.choice((scene.vm.nic.mac, scene.inner.mac))
    ports = [nic.tap for nic in scene.plan.taps(host) if nic.net == scene.net] + [scene.net.vxlan]
    yield host, f"bridge fdb replace {mac} dev {scene.dice.choice(ports)} master static"


@fault
def bridge_port_mtu(scene: Scene) -> Iterator[Command]:
    host, device = _port(scene)
    yield host, f"ip link set {device} mtu {scene.dice.choice((1400, 1500))}"


@fault
def external_port_missing(scene: Scene) -> Iterator[Command]:
    devices = ["eth2", *([scene.qg.tap] if scene.qg else [])]
    yield NODE, f"ip link set {scene.dice.choice(devices)} nomaster"


@fault
def external_link_down(scene: Scene) -> Iterator[Command]:
    yield NODE, "ip link set eth2 down"


@fault
def external_bridge_down(scene: Scene) -> Iterator[Command]:
    yield NODE, f"ip link set {scene.plan.ext_bridge} down"

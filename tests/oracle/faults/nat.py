"""Floating IPs, address translation and connection tracking."""

from __future__ import annotations

from collections.abc import Iterator

from tests.oracle.faults import Command, Scene, fault
from tests.oracle.neutron import L3


@fault
def floating_ip_dnat_missing(scene: Scene) -> Iterator[Command]:
    if scene.vm.fip:
        rule = f"-d {scene.vm.fip}/32 -j DNAT --to-destination {scene.vm.nic.ip}"
        yield scene.exit_space, f"iptables -t nat -D {L3}-PREROUTING {rule}"


@fault
def floating_ip_snat_missing(scene: Scene) -> Iterator[Command]:
    if scene.vm.fip:
        rule = f"-s {scene.vm.nic.ip}/32 -j SNAT --to-source {scene.vm.fip} --random-fully"
        yield scene.exit_space, f"iptables -t nat -D {L3}-float-snat {rule}"


@fault
def floating_ip_address_missing(scene: Scene) -> Iterator[Command]:
    if scene.vm.fip and scene.qg:
        yield scene.exit_space, f"ip address del {scene.vm.fip}/32 dev {scene.qg.device}"


@fault
def gateway_snat_missing(scene: Scene) -> Iterator[Command]:
    if scene.qg:
        yield (
            scene.exit_space,
            f"iptables -t nat -D {L3}-snat -o {scene.qg.device} -j SNAT"
            f" --to-source {scene.qg.ip} --random-fully",
        )


@fault
def dnat_to_another(scene: Scene) -> Iterator[Command]:
    if scene.vm.fip and scene.others:
        other = scene.dice.choice(scene.others)
        rule = f"-d {scene.vm.fip}/32 -j DNAT --to-destination"
        yield (
            scene.exit_space,
            (
                f"iptables -t nat -D {L3}-PREROUTING {rule} {scene.vm.nic.ip}\n"
                f"iptables -t nat -A {L3}-PREROUTING {rule} {other.nic.ip}"
            ),
        )


@fault
def notrack(scene: Scene) -> Iterator[Command]:
    device = scene.dice.choice(
        ("", f"-i {scene.inner.device} ", f"-i {scene.qg.device} " if scene.qg else "")
    )
    yield scene.space, f"iptables -t raw -I PREROUTING {device}-j CT --notrack"


@fault
def zone_split(scene: Scene) -> Iterator[Command]:
    yield scene.space, f"iptables -t raw -I PREROUTING -i {scene.inner.device} -j CT --zone 7"


@fault
def invalid_dropped(scene: Scene) -> Iterator[Command]:
    yield scene.space, "iptables -I FORWARD -m conntrack --ctstate INVALID -j DROP"


@fault
def zone_split_and_invalid_dropped(scene: Scene) -> Iterator[Command]:
    yield from zone_split(scene)
    yield from invalid_dropped(scene)

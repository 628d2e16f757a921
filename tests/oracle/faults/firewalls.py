"""Rules that should not be there, or that are missing, in routers and hosts."""

from __future__ import annotations

from collections.abc import Iterator

from tests.oracle.build import PORT
from tests.oracle.faults import NOBODY, Command, Scene, fault
from tests.oracle.neutron import L3, LB, SCOPE, members


@fault
def scope_mark_missing(scene: Scene) -> Iterator[Command]:
    nic = scene.dice.choice([*scene.router.inner, *([scene.router.gateway] if scene.router.gateway else [])])
    yield scene.space, f"iptables -t mangle -D {L3}-scope -i {nic.device} -j MARK --set-xmark {SCOPE}"


@fault
def router_forward_policy_drop(scene: Scene) -> Iterator[Command]:
    yield scene.space, "iptables -P FORWARD DROP"


@fault
def router_rejects(scene: Scene) -> Iterator[Command]:
    proto = scene.plan.asked.proto
    more = scene.dice.choice(("", " --reject-with icmp-admin-prohibited"))
    if proto == "tcp" and scene.dice.often(0.5):
        more = " --reject-with tcp-reset"
    yield scene.space, f"iptables -I FORWARD -p {proto} -d {scene.vm.nic.ip} -j REJECT{more}"


@fault
def router_drops(scene: Scene) -> Iterator[Command]:
    proto = scene.plan.asked.proto
    where = scene.dice.choice((f"-d {scene.far}", f"-s {scene.far}", f"-s {scene.vm.nic.ip}", f"-p {proto}"))
    state = scene.dice.choice(("", "", " -m conntrack --ctstate NEW", " -m conntrack --ctstate ESTABLISHED"))
    yield scene.space, f"iptables -I {scene.dice.choice(('FORWARD', L3 + '-FORWARD'))} {where}{state} -j DROP"


@fault
def router_legacy_drop(scene: Scene) -> Iterator[Command]:
    yield scene.space, f"iptables-legacy -I FORWARD -d {scene.vm.nic.ip} -j DROP"


@fault
def foreign_nft_drop(scene: Scene) -> Iterator[Command]:
    where = scene.dice.choice((scene.space, scene.host))
    hook = scene.dice.choice(("forward", "prerouting"))
    match = scene.dice.choice((f"ip daddr {scene.vm.nic.ip}", f"ip saddr {scene.vm.nic.ip}"))
    yield (
        where,
        (
            "nft -f - <<'END'\ntable ip firewall {\n chain c {\n"
            f"  type filter hook {hook} priority {scene.dice.choice((-310, -10, 10))}; policy accept;\n"
            f"  {match} counter drop\n }}\n}}\nEND"
        ),
    )


@fault
def host_forward_policy_drop(scene: Scene) -> Iterator[Command]:
    yield scene.some_host(), "iptables -P FORWARD DROP"


@fault
def host_drops_tunnels(scene: Scene) -> Iterator[Command]:
    way = scene.dice.choice(("INPUT", "INPUT", "OUTPUT"))
    yield scene.some_host(), f"iptables -I {way} -p udp --dport {PORT} -j DROP"


@fault
def security_group_rule_missing(scene: Scene) -> Iterator[Command]:
    chain = f"{LB}-i{scene.vm.nic.id[:10]}"
    if not (scene.plan.firewall and scene.vm.secure and scene.vm.open):
        return
    if scene.vm.sets:
        yield scene.host, f"ipset flush {members(scene.vm)}"
    elif "icmp" in scene.vm.open and scene.plan.asked.proto == "icmp":
        yield scene.host, f"iptables -D {chain} -p icmp -j RETURN"
    else:
        yield scene.host, f"iptables -D {chain} -m state --state RELATED,ESTABLISHED -j RETURN"


@fault
def security_group_chain_flushed(scene: Scene) -> Iterator[Command]:
    if scene.plan.firewall and scene.vm.secure:
        letter = scene.dice.choice("io")
        chain = f"{LB}-{letter}{scene.vm.nic.id[:10]}"
        yield scene.host, f"iptables -F {chain}\niptables -A {chain} -j {LB}-sg-fallback"


@fault
def known_sessions_forgotten(scene: Scene) -> Iterator[Command]:
    if scene.plan.firewall and scene.vm.secure:
        letter = scene.dice.choice("io")
        chain = f"{LB}-{letter}{scene.vm.nic.id[:10]}"
        yield scene.host, f"iptables -D {chain} -m state --state RELATED,ESTABLISHED -j RETURN"


@fault
def spoof_guard_of_another_address(scene: Scene) -> Iterator[Command]:
    if scene.plan.arp_protect and scene.vm.secure:
        chain = f"neutronARP-{scene.vm.nic.tap}"
        yield scene.host, f"ebtables -t nat -F {chain}\nebtables -t nat -A {chain} -j DROP"


@fault
def source_guard_of_another_mac(scene: Scene) -> Iterator[Command]:
    if scene.plan.firewall and scene.vm.secure:
        chain = f"{LB}-s{scene.vm.nic.id[:10]}"
        yield (
            scene.host,
            (
                f"iptables -F {chain}\n"
                f"iptables -A {chain} -s {scene.vm.nic.ip}/32 -m mac --mac-source {NOBODY} -j RETURN\n"
                f"iptables -A {chain} -j DROP"
            ),
        )


@fault
def fragmentation_needed_filtered(scene: Scene) -> Iterator[Command]:
    chain = scene.dice.choice(("OUTPUT", "FORWARD"))
    yield scene.space, f"iptables -I {chain} -p icmp --icmp-type fragmentation-needed -j DROP"

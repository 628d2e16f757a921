"""The rules that Neutron's agents write, as iptables-save and ebtables-save show them on a real cloud."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tests.oracle.plan import TCP, UDP, Nic, Plan, Router, Vm

L3, LB = "neutron-l3-agent", "neutron-linuxbri"
SCOPE = "0x4000000/0xffff0000"


def _table(name: str, hooks: Sequence[str], agent: str, chains: Iterable[str], rules: Iterable[str]) -> str:
    """A table as iptables-restore reads it: the agent's own chain behind every built-in one."""
    own = [*(f"{agent}-{hook}" for hook in hooks), *chains]
    lines = [
        f"*{name}",
        *(f":{hook} ACCEPT [0:0]" for hook in hooks),
        *(f":{chain} - [0:0]" for chain in own),
    ]
    for hook in hooks:
        if name == "filter" and hook in ("FORWARD", "OUTPUT"):
            lines.append(f"-A {hook} -j neutron-filter-top")
        lines.append(f"-A {hook} -j {agent}-{hook}")
        if name == "nat" and hook == "POSTROUTING":
            lines.append(f"-A {hook} -j neutron-postrouting-bottom")
    return "\n".join([*lines, *rules, "COMMIT", ""])


def router_rules(router: Router, fips: Sequence[tuple[str, str]]) -> str:
    """What the L3 agent writes into a router's namespace (router_info.py). fips: (floating, fixed)."""
    gateway = router.gateway
    qg = gateway.device if gateway else ""
    qrs = [nic.device for nic in router.inner]
    scope = f"{L3}-scope"
    mangle = [
        f"-A {L3}-PREROUTING -j {L3}-mark",
        f"-A {L3}-PREROUTING -j {scope}",
        f"-A {L3}-PREROUTING -m connmark ! --mark 0x0/0xffff0000 -j CONNMARK --restore-mark"
        " --nfmask 0xffff0000 --ctmask 0xffff0000",
        f"-A {L3}-PREROUTING -j {L3}-floatingip",
        f"-A {L3}-PREROUTING -d 169.254.169.254/32 -i qr-+ -p tcp -m tcp --dport 80"
        " -j MARK --set-xmark 0x1/0xffff",
        *(f"-A {scope} -i {device} -j MARK --set-xmark {SCOPE}" for device in (*qrs, *([qg] if qg else []))),
    ]
    save = "-m connmark --mark 0x0/0xffff0000 -j CONNMARK --save-mark --nfmask 0xffff0000 --ctmask 0xffff0000"
    if qg:
        mangle += [
            f"-A {L3}-POSTROUTING -o {qg} {save}",
            f"-A {L3}-float-snat {save}",
            f"-A {L3}-mark -i {qg} -j MARK --set-xmark 0x2/0xffff",
        ]
    nat = [
        f"-A {L3}-PREROUTING -d 169.254.169.254/32 -i qr-+ -p tcp -m tcp --dport 80"
        " -j REDIRECT --to-ports 9697"
    ]
    for floating, fixed in fips:
        nat += [
            f"-A {L3}-OUTPUT -d {floating}/32 -j DNAT --to-destination {fixed}",
            f"-A {L3}-PREROUTING -d {floating}/32 -j DNAT --to-destination {fixed}",
            f"-A {L3}-float-snat -s {fixed}/32 -j SNAT --to-source {floating} --random-fully",
        ]
    if gateway:
        nat += [
            f"-A {L3}-POSTROUTING ! -o {qg} -m conntrack ! --ctstate DNAT -j ACCEPT",
            f"-A {L3}-snat -j {L3}-float-snat",
            f"-A {L3}-snat -o {qg} -j SNAT --to-source {gateway.ip} --random-fully",
            f"-A {L3}-snat -m mark ! --mark 0x2/0xffff -m conntrack --ctstate DNAT"
            f" -j SNAT --to-source {gateway.ip} --random-fully",
        ]
    nat += [
        '-A neutron-postrouting-bottom -m comment --comment "Perform source NAT on outgoing traffic."'
        f" -j {L3}-snat"
    ]
    filters = [
        f"-A neutron-filter-top -j {L3}-local",
        f"-A {L3}-FORWARD -j {scope}",
        f"-A {L3}-INPUT -m mark --mark 0x1/0xffff -j ACCEPT",
        f"-A {L3}-INPUT -p tcp -m tcp --dport 9697 -j DROP",
        *(f"-A {scope} -o {device} -m mark ! --mark {SCOPE} -j DROP" for device in qrs),
    ]
    every = ("PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING")
    short = [f"{L3}-{name}" for name in ("float-snat", "floatingip", "mark", "scope")]
    return (
        _table("mangle", every, L3, short, mangle)
        + _table("raw", ("PREROUTING", "OUTPUT"), L3, (), ())
        + _table(
            "filter",
            ("INPUT", "FORWARD", "OUTPUT"),
            L3,
            (f"{L3}-local", scope, "neutron-filter-top"),
            filters,
        )
        + _table(
            "nat",
            ("PREROUTING", "OUTPUT", "POSTROUTING"),
            L3,
            (f"{L3}-float-snat", f"{L3}-snat", "neutron-postrouting-bottom"),
            nat,
        )
    )


def bridge_rules(plan: Plan, host: str) -> str:
    """What the Linux bridge agent writes in a host: zones, and the chains of the security groups."""
    raw, chains, rules = [], [], []
    zone = 4096
    seen: dict[str, int] = {}
    for nic in plan.taps(host):
        vm = next((vm for vm in plan.vms if vm.nic is nic), None)
        if vm is None or not vm.secure:
            rules += [
                f"-A {LB}-FORWARD -m physdev --physdev-{way} {nic.tap} --physdev-is-bridged"
                ' -m comment --comment "Accept all packets when port is trusted." -j ACCEPT'
                for way in ("out", "in")
            ]
            continue
        assert nic.net is not None
        bridge = nic.net.bridge
        if bridge not in seen:
            zone += 1
            seen[bridge] = zone
        tag = f'-m comment --comment "Set zone for {nic.id[:11]}" -j CT --zone {seen[bridge]}'
        raw += [
            f"-A {LB}-PREROUTING -m physdev --physdev-in {bridge} {tag}",
            f"-A {LB}-PREROUTING -i {bridge} {tag}",
            f"-A {LB}-PREROUTING -m physdev --physdev-in {nic.tap} {tag}",
        ]
        chains += [f"{LB}-{letter}{nic.id[:10]}" for letter in "ios"]
        rules += _port_rules(plan, vm)
    rules += [
        f"-A neutron-filter-top -j {LB}-local",
        f"-A {LB}-sg-chain -j ACCEPT",
        f'-A {LB}-sg-fallback -m comment --comment "Default drop rule for unmatched traffic." -j DROP',
    ]
    shared = [f"{LB}-{name}" for name in ("local", "sg-chain", "sg-fallback")]
    return _table("raw", ("PREROUTING", "OUTPUT"), LB, (), raw if plan.zones else ()) + _table(
        "filter",
        ("INPUT", "FORWARD", "OUTPUT"),
        LB,
        ("neutron-filter-top", *shared, *chains),
        rules,
    )


def _port_rules(plan: Plan, vm: Vm) -> list[str]:
    nic, tap = vm.nic, vm.nic.tap
    inward, outward, source = (f"{LB}-{letter}{nic.id[:10]}" for letter in "ios")
    known = "-m state --state RELATED,ESTABLISHED -j RETURN"
    bad = "-m state --state INVALID -j DROP"
    opened = [f"-A {inward} {_match(what)} -j RETURN" for what in vm.open]
    if vm.sets:
        opened = [f"-A {inward} -m set --match-set {members(vm)} src -j RETURN"]
    bridged = "--physdev-is-bridged"
    return [
        f"-A {LB}-FORWARD -m physdev --physdev-out {tap} {bridged} -j {LB}-sg-chain",
        f"-A {LB}-FORWARD -m physdev --physdev-in {tap} {bridged} -j {LB}-sg-chain",
        f"-A {LB}-INPUT -m physdev --physdev-in {tap} {bridged} -j {outward}",
        f"-A {LB}-sg-chain -m physdev --physdev-out {tap} {bridged} -j {inward}",
        f"-A {LB}-sg-chain -m physdev --physdev-in {tap} {bridged} -j {outward}",
        f"-A {inward} {known}",
        f"-A {inward} -d {nic.ip}/32 -p udp -m udp --sport 67 --dport 68 -j RETURN",
        f"-A {inward} -d 255.255.255.255/32 -p udp -m udp --sport 67 --dport 68 -j RETURN",
        *opened,
        f"-A {inward} {bad}",
        f"-A {inward} -j {LB}-sg-fallback",
        f"-A {outward} -s 0.0.0.0/32 -d 255.255.255.255/32 -p udp -m udp --sport 68 --dport 67 -j RETURN",
        f"-A {outward} -j {source}",
        f"-A {outward} -p udp -m udp --sport 68 --dport 67 -j RETURN",
        f"-A {outward} -p udp -m udp --sport 67 --dport 68 -j DROP",
        f"-A {outward} {known}",
        *(
            [f"-A {outward} -j RETURN"]
            if vm.egress
            else [f"-A {outward} -p tcp -m tcp --dport 443 -j RETURN"]
        ),
        f"-A {outward} {bad}",
        f"-A {outward} -j {LB}-sg-fallback",
        f"-A {source} -s {nic.ip}/32 -m mac --mac-source {nic.mac} -j RETURN",
        f"-A {source} -j DROP",
    ]


def _match(what: str) -> str:
    ports = {"tcp": TCP, "udp": UDP}
    return f"-p {what} -m {what} --dport {ports[what]}" if what in ports else f"-p {what}"


def members(vm: Vm) -> str:
    """The ipset of the remote group that a server's rule names."""
    return f"NIPv4{vm.id[:26]}"


def sets(plan: Plan, host: str) -> str:
    """Those sets as ``ipset restore`` reads them: the fixed addresses of all servers of the group."""
    lines = []
    for vm in plan.vms:
        if vm.sets and vm.secure and vm.nic.host == host:
            lines.append(f"create {members(vm)} hash:net family inet hashsize 1024 maxelem 65536")
            lines += [f"add {members(vm)} {other.nic.ip}" for other in plan.vms]
    return "\n".join([*lines, ""]) if lines else ""


def spoof_rules(nics: Sequence[Nic]) -> str:
    """ARP spoofing protection, as the agent writes it with ebtables; for ports of servers."""
    lines = ["*nat", ":PREROUTING ACCEPT", ":OUTPUT ACCEPT", ":POSTROUTING ACCEPT"]
    lines += [f":neutron{kind}-{nic.tap} RETURN" for nic in nics for kind in ("MAC", "ARP")]
    for nic in nics:
        mac, arp = f"neutronMAC-{nic.tap}", f"neutronARP-{nic.tap}"
        lines += [
            f"-A PREROUTING -i {nic.tap} -j {mac}",
            f"-A PREROUTING -p ARP -i {nic.tap} -j {arp}",
            f"-A {mac} -i {nic.tap} --among-src {nic.mac} -j RETURN",
            f"-A {mac} -j DROP",
            f"-A {arp} -p ARP --arp-ip-src {nic.ip} -j ACCEPT",
            f"-A {arp} -j DROP",
        ]
    return "\n".join([*lines, ""])

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from mitate.analyze.check import Problem, Problems, check
from mitate.analyze.floating import associated
from mitate.analyze.iptables import address, option
from mitate.analyze.subjects import floating_ip_subject
from mitate.analyze.wiring import Place, homes, is_distributed, nothing, place, router_namespace, router_ports
from mitate.model.cloud import FloatingIp, Port, Router
from mitate.model.diagnosis import Confidence, Severity
from mitate.model.net import Address, IptablesChain, IptablesRule


@check(FloatingIp, Router, Port, Address, IptablesChain, IptablesRule, severity=Severity.CRITICAL)
def floating_ip_dnat_missing(
    floating_ips: Sequence[FloatingIp],
    routers: Sequence[Router],
    ports: Sequence[Port],
    addresses: Sequence[Address],
    chains: Sequence[IptablesChain],
    rules: Sequence[IptablesRule],
) -> Problems:
    """A floating IP is ACTIVE in the API, and its router does not translate it.

    What it means
        Packets to the floating IP end at the router itself instead of the server. The trap: the address is
        on the router, so the router answers ping. "Ping works, ssh does not" is this. The reply's TTL is one
        higher than the server's, and conntrack shows the floating IP as the source of the reply.
    Why it happens
        Somebody or something rewrote the nat table of the namespace (iptables-restore, a firewall service, a
        script), or the L3 agent failed between address and rule (xtables lock, "Failed to apply").
    Look again
        ip netns exec qrouter-ROUTER_ID iptables -t nat -S | grep FLOATING_IP
        ip netns exec qrouter-ROUTER_ID conntrack -L --orig-dst FLOATING_IP
        # a distributed router: the namespace on the server's own compute host
    Fix
        Any change of the router makes the agent compare and put back its rules, without a break for others:
        openstack router set --description "nat again" ROUTER; a restart of the L3 agent does the same.
    """
    looked: dict[Place, IptablesChain] = {}
    for chain in chains:
        if chain.table == "nat" or (chain.source.host, chain.namespace) not in looked:
            looked[chain.source.host, chain.namespace] = chain
    dnat: dict[tuple[str, str, str], IptablesRule] = {}
    entered: set[Place] = set()
    for rule in rules:
        if rule.table != "nat" or not rule.chain.endswith("PREROUTING"):
            continue
        target = option(rule.rule, "-j")
        if target == "DNAT":
            dnat[rule.source.host, rule.namespace, address(option(rule.rule, "-d"))] = rule
        elif rule.chain == "PREROUTING" and target.endswith("-PREROUTING"):
            entered.add((rule.source.host, rule.namespace))
    by_id = {port.id: port for port in ports}
    routers_by_id = {router.id: router for router in routers}
    owned = router_ports(ports)
    work: dict[str, list[Place]] = defaultdict(list)
    for home in homes(routers, ports, looked, addresses):
        work[home.router.id].append(home.place)
    # where a distributed router sends floating IPs out by itself, its namespace has an rfp- device
    outside = {place(a) for a in addresses if a.link.startswith("rfp-")}
    for floating_ip in associated(floating_ips):
        router, port = routers_by_id.get(floating_ip.router_id), by_id.get(floating_ip.port_id)
        if router is None or port is None:
            continue
        if is_distributed(router, owned.get(router.id, ())):
            local = (port.host, router_namespace(router.id))
            places = [local] if local in outside and local in looked else []
        else:
            places = work[router.id]
        for host, namespace in places:
            found = dnat.get((host, namespace, floating_ip.address))
            to = option(found.rule, "--to-destination").partition(":")[0] if found else ""
            if to == floating_ip.fixed_ip and (host, namespace) in entered:
                continue
            like = looked[host, namespace]
            if found and to != floating_ip.fixed_ip:
                how, proof = f"is translated to {to or 'nothing'} there", found.brief()
            elif found:
                how, proof = (
                    "is not translated: its chain is never entered",
                    "PREROUTING jumps to no agent's chain",
                )
            else:
                how, proof = "is not translated: the router answers in its place", "no DNAT rule for it"
            yield Problem(
                subject=floating_ip_subject(floating_ip),
                says=f"floating IP {floating_ip.address} should lead to {floating_ip.fixed_ip}, but in "
                f"{namespace} on {host} it {how}",
                seen=(
                    floating_ip,
                    *([found] if found else ()),
                    nothing(like, f"table nat of {namespace}: {proof}"),
                ),
                confidence=Confidence.PROVED,
                fix=(f"openstack router set --description 'nat again' {router.id}",),
            )
            break

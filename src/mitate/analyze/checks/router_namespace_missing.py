from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from mitate.analyze.check import Problem, Problems, check
from mitate.analyze.fixes import restart
from mitate.analyze.subjects import router_subject
from mitate.analyze.wiring import (
    INTERFACES,
    is_distributed,
    nothing,
    router_namespace,
    router_ports,
    settled,
)
from mitate.model.cloud import NetworkAgent, Port, Router
from mitate.model.diagnosis import Confidence, Severity
from mitate.model.net import Namespace

AGENTS = ("qrouter-", "qdhcp-", "snat-", "fip-")
HA_INTERFACE = "network:router_ha_interface"


@check(Router, Port, NetworkAgent, Namespace, severity=Severity.CRITICAL)
def router_namespace_missing(
    routers: Sequence[Router],
    ports: Sequence[Port],
    agents: Sequence[NetworkAgent],
    namespaces: Sequence[Namespace],
) -> Problems:
    """A router is bound to the L3 agent of a host, and its namespace is not there.

    What it means
        The router does not exist in reality: the servers behind it reach nothing outside their own network,
        and no floating IP of it answers. The API shows it ACTIVE, with its ports bound to that host.
    Why it happens
        The namespace was deleted (by hand, by neutron-netns-cleanup run at the wrong time, by a reboot after
        which the L3 agent did not come up), or the agent fails to build it: its log tells.
    Look again
        ip netns list | grep ROUTER_ID
        openstack network agent list --router ROUTER --long
        openstack port list --router ROUTER --long
    Fix
        Restart the L3 agent of that host: it builds every router that it hosts.
    """
    l3 = {agent.host: agent for agent in agents if agent.type == "L3 agent"}
    rooms: dict[str, set[str]] = defaultdict(set)
    sample: dict[str, Namespace] = {}
    for namespace in namespaces:
        # a host that shows none of Neutron's namespaces may keep them out of sight (a container of its own)
        if namespace.name.startswith(AGENTS):
            rooms[namespace.source.host].add(namespace.name)
            sample[namespace.source.host] = namespace
    owned = router_ports(ports)
    standby: dict[str, list[Port]] = defaultdict(list)
    for port in ports:
        if port.device_owner == HA_INTERFACE:
            standby[port.device_id].append(port)
    for router in routers:
        here = owned.get(router.id, [])
        if not router.admin_up or is_distributed(router, here):
            continue
        # an HA router has a namespace on each of its hosts, and tells them by its HA interfaces
        legacy = [port for port in here if port.device_owner == INTERFACES[0]]
        bound = {port.host: port for port in standby[router.id] or legacy if port.host and settled(port)}
        if not standby[router.id] and len(bound) > 1:
            continue  # it is being moved
        name = router_namespace(router.id)
        lost = [host for host in sorted(bound) if host in l3 and host in rooms and name not in rooms[host]]
        if lost:
            yield Problem(
                subject=router_subject(router),
                says=f"{router_subject(router).name} is bound to {', '.join(lost)}, and its namespace {name} "
                f"is not there",
                seen=(
                    *(bound[host] for host in lost),
                    *(
                        nothing(sample[host], f"{len(rooms[host])} namespaces of agents, no {name}")
                        for host in lost
                    ),
                ),
                severity=None if len(lost) == len(bound) else Severity.WARNING,
                confidence=Confidence.PROVED,
                fix=tuple(restart(host, None, "neutron-l3-agent") for host in lost),
            )

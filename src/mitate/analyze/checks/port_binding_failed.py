from __future__ import annotations

from collections.abc import Sequence

from mitate.analyze.check import Problem, Problems, check
from mitate.analyze.subjects import port_subject
from mitate.model.cloud import NetworkAgent, Port, Server
from mitate.model.diagnosis import Confidence, Severity


@check(Port, NetworkAgent, Server, severity=Severity.WARNING, symptom=True, helps=2)
def port_binding_failed(
    ports: Sequence[Port], agents: Sequence[NetworkAgent], servers: Sequence[Server]
) -> Problems:
    """Neutron found no way to connect a port on its host (binding:vif_type is binding_failed).

    What it means
        No mechanism driver could bind the port there. A server cannot be built with it; a router or DHCP port
        is dead. It does not heal by itself when the reason is gone: the port must be bound again.
    Why it happens
        The L2 agent of that host was dead at that moment · the host calls itself by another name in Neutron
        than in Nova · the physical network is not in the agent's mappings there · the network's type is not
        among the agent's tunnel types · no driver serves that vnic_type.
    Look again
        openstack port show PORT -c binding_host_id -c binding_vif_type -c binding_vnic_type
        openstack network agent list --host HOST
        grep PORT_ID /var/log/neutron/neutron-server.log | grep -i bind
    Fix
        Mend the reason, then bind again: rebuild or migrate the server, detach and attach the interface; for
        routers and DHCP disable and enable the router or network.
    """
    by_host: dict[str, list[NetworkAgent]] = {}
    for agent in agents:
        if agent.type in ("Linux bridge agent", "Open vSwitch agent") or agent.type.startswith(
            "OVN Controller"
        ):
            by_host.setdefault(agent.host, []).append(agent)
    by_id = {server.id: server for server in servers}
    for port in ports:
        if port.vif_type != "binding_failed":
            continue
        l2 = by_host.get(port.host, [])
        dead = [agent for agent in l2 if not agent.alive]
        why = ": the L2 agent there is dead" if dead else "" if l2 or not agents else ": it has no L2 agent"
        subject = port_subject(port, by_id.get(port.device_id))
        yield Problem(
            subject=subject,
            says=f"{subject.name} could not be bound on {port.host}{why}",
            seen=(port, *(dead or l2)[:1]),
            confidence=Confidence.PROVED,
            fix=(f"openstack network agent list --host {port.host}",),
        )

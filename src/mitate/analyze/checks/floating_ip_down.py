from __future__ import annotations

from collections.abc import Sequence

from mitate.analyze.check import Problem, Problems, check
from mitate.analyze.subjects import floating_ip_subject
from mitate.analyze.wiring import SETTLING
from mitate.model.cloud import FloatingIp, Port, Server
from mitate.model.diagnosis import Severity


@check(FloatingIp, Port, Server, severity=Severity.WARNING, symptom=True, helps=1)
def floating_ip_down(
    floating_ips: Sequence[FloatingIp], ports: Sequence[Port], servers: Sequence[Server]
) -> Problems:
    """A floating IP has a port, and Neutron says that it is DOWN or in ERROR.

    What it means
        No L3 agent has reported that it set it up. Nothing reaches the server by that address.
    Why it happens
        The L3 agent of its router is dead, does not hear from the broker, or fails at that router: its log
        tells. The router is on no agent. In the moment of association it is DOWN, too.
    Look again
        openstack floating ip show FLOATING_IP
        openstack network agent list --router ROUTER --long
        grep ROUTER_ID /var/log/neutron/neutron-l3-agent.log
    Fix
        Mend the agent. If it is well: openstack router set --description "once more" ROUTER.
    """
    ports_by_id = {port.id: port for port in ports}
    statuses = {server.id: server for server in servers}
    for floating_ip in floating_ips:
        if not floating_ip.port_id or floating_ip.status not in ("DOWN", "ERROR"):
            continue
        changed = floating_ip.updated_at
        if floating_ip.status == "DOWN" and changed and floating_ip.source.at - changed < SETTLING:
            continue
        port = ports_by_id.get(floating_ip.port_id)
        server = statuses.get(port.device_id) if port else None
        if port and (not port.admin_up or (server and server.status != "ACTIVE")):
            continue  # OVN calls it DOWN while its server is off
        yield Problem(
            subject=floating_ip_subject(floating_ip),
            says=f"floating IP {floating_ip.address} of {floating_ip.fixed_ip or 'a port'} is "
            f"{floating_ip.status}",
            seen=(floating_ip, *([port] if port else ())),
            since=changed,
            fix=(f"openstack network agent list --router {floating_ip.router_id} --long",)
            if floating_ip.router_id
            else (),
        )

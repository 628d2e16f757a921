from __future__ import annotations

from collections.abc import Sequence

from mitate.analyze.check import Problem, Problems, check
from mitate.analyze.subjects import port_subject
from mitate.analyze.wiring import settled
from mitate.model.cloud import Network, Port, Server
from mitate.model.diagnosis import Severity

WIRED = ("", "normal", "direct", "macvtap")
"""Kinds of vNIC whose status somebody reports; a passed-through card and a bare machine's stay DOWN."""


@check(Port, Server, Network, severity=Severity.WARNING, symptom=True)
def port_down(ports: Sequence[Port], servers: Sequence[Server], networks: Sequence[Network]) -> Problems:
    """A running server's port is DOWN, although nobody switched it off.

    What it means
        The agent of its host has not reported the port as wired. The server most likely has no network.
    Why it happens
        The L2 agent is dead, hung or behind; the tap device is gone or in the wrong place; with OVN the port
        is not claimed by its chassis.
    Look again
        openstack port show PORT
        openstack network agent list --host HOST
        ip link show tapXXXXXXXXXXX     # the first 11 characters of the port's id
    Fix
        Mend the agent; it wires and reports all ports of its host when it comes back.
    """
    by_id = {server.id: server for server in servers}
    off = {network.id for network in networks if not network.admin_up}
    for port in ports:
        server = by_id.get(port.device_id)
        if (
            server is not None
            and port.status == "DOWN"
            and port.admin_up
            and port.device_owner.startswith("compute:")
            and port.vnic_type in WIRED
            and port.vif_type not in ("unbound", "binding_failed")
            and port.network_id not in off
            and _runs(server)
            and settled(port)
        ):
            subject = port_subject(port, server)
            yield Problem(
                subject=subject,
                says=f"{subject.name} is DOWN, while the server runs on {server.host or 'its host'}",
                seen=(port, server),
                fix=(f"openstack network agent list --host {port.host}",) if port.host else (),
            )


def _runs(server: Server) -> bool:
    return server.status == "ACTIVE" and not server.task_state and server.power_state in (None, 1)

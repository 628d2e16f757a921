from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import timedelta

from mitate.analyze.check import Problem, Problems, check
from mitate.analyze.fixes import restart
from mitate.analyze.subjects import agent_subject
from mitate.analyze.wiring import settled
from mitate.model.cloud import NetworkAgent, Port, Server
from mitate.model.diagnosis import Severity

VIF = {"Linux bridge agent": "bridge"}
"""Agents that count their devices for each report. That of Open vSwitch tells how many its last full scan
saw, and after the first it goes by events (ovs_neutron_agent.py: scan_ports, process_ports_events)."""
FIRST_ROUND = timedelta(minutes=5)
"""An agent that has just started counts its devices after its first round."""


@check(NetworkAgent, Port, Server, severity=Severity.WARNING)
def agent_sees_no_devices(
    agents: Sequence[NetworkAgent], ports: Sequence[Port], servers: Sequence[Server]
) -> Problems:
    """A Linux bridge agent is alive and counts no devices, while servers run on its host.

    What it means
        The agent reports to Neutron and does no work: its loop does not see the devices of the servers there.
        What is wired stays so, what comes new is not.
    Why it happens
        Its main loop hangs or fails each time (the log tells), or it calls itself by another host's name
        (option host).
    Look again
        openstack network agent show AGENT -c configuration     # devices
        tail /var/log/neutron/neutron-linuxbridge-agent.log
        ip link | grep -c tap
    Fix
        Restart the agent.
    """
    running = {
        s.id for s in servers if s.status == "ACTIVE" and not s.task_state and s.power_state in (None, 1)
    }
    bound: dict[tuple[str, str], list[Port]] = defaultdict(list)
    for port in ports:
        if port.device_id in running and port.device_owner.startswith("compute:") and settled(port):
            bound[port.host, port.vif_type].append(port)
    for agent in agents:
        mine = bound.get((agent.host, VIF.get(agent.type, "?")), [])
        young = agent.started_at is None or agent.source.at - agent.started_at < FIRST_ROUND
        if agent.devices == 0 and mine and agent.alive and agent.admin_up and not young:
            yield Problem(
                subject=agent_subject(agent),
                says=f"{agent.type} on {agent.host} is alive and counts no devices, while {len(mine)} "
                f"port{'s' if len(mine) > 1 else ''} of running servers are bound there",
                seen=(agent, *mine[:3]),
                fix=(restart(agent.host, None, agent.binary),),
            )

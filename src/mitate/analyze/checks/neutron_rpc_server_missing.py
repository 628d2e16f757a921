from __future__ import annotations

from collections.abc import Sequence

from mitate.analyze.check import Problem, Problems, check
from mitate.analyze.fixes import start
from mitate.analyze.life import ENABLED, is_agent, lives
from mitate.analyze.subjects import service_subject
from mitate.model.cloud import NetworkAgent
from mitate.model.diagnosis import Severity
from mitate.model.host import HostContact, Process, Unit

RPC = "neutron-rpc-server"


@check(NetworkAgent, Process, Unit, HostContact, severity=Severity.CRITICAL, helps=1)
def neutron_rpc_server_missing(
    agents: Sequence[NetworkAgent],
    processes: Sequence[Process],
    units: Sequence[Unit],
    contacts: Sequence[HostContact],
) -> Problems:
    """Neutron's API runs by itself: nowhere is there an RPC server that listens to the agents.

    What it means
        The API answers, ports and networks can be created, but no agent's report is taken: all of them
        look dead at once, and nothing gets wired.
    Why it happens
        Where the API runs under a web server (uwsgi, Apache), the rest of neutron-server is a service of
        its own, neutron-rpc-server, which an installation or an upgrade to the split form may have left
        out or disabled.
    Look again
        systemctl status neutron-rpc-server on every controller
        openstack network agent list
    Fix
        systemctl enable --now neutron-rpc-server (or run neutron-server whole instead of neutron-api).
    """
    everything = lives(processes, units)
    apis = [life for (_, name), life in everything.items() if name == "neutron-api" and life.running]
    rpc = [life for (_, name), life in everything.items() if name in (RPC, "neutron-server")]
    wanted = any(unit.enabled in ENABLED for life in rpc for unit in life.units)
    reporting = [agent for agent in agents if is_agent(agent.binary)]
    if not apis or not reporting or any(agent.alive for agent in reporting):
        return
    if wanted or any(life.active for life in rpc) or not all(contact.reached for contact in contacts):
        return  # another check's, or it may run where nobody could look
    api = apis[0]
    unit = next((unit for life in rpc for unit in life.units if life.service == RPC), None)
    host = unit.source.host if unit else api.host
    yield Problem(
        subject=service_subject(RPC, host),
        says=f"neutron-api runs on {api.host}, but no {RPC} anywhere: all {len(reporting)} agents look dead"
        + (f"; {unit.name} is {unit.enabled}" if unit else ""),
        seen=(api.running[0], *([unit] if unit else ()), *reporting[:2]),
        fix=start(host, unit, RPC),
    )

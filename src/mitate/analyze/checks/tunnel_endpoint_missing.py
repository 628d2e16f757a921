from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from mitate.analyze.check import Problem, Problems, check
from mitate.analyze.fixes import on
from mitate.analyze.subjects import agent_subject
from mitate.analyze.tunnels import same
from mitate.model.cloud import NetworkAgent
from mitate.model.diagnosis import Confidence, Severity
from mitate.model.net import Address


@check(NetworkAgent, Address, severity=Severity.CRITICAL)
def tunnel_endpoint_missing(agents: Sequence[NetworkAgent], addresses: Sequence[Address]) -> Problems:
    """The address that an agent names as its tunnel endpoint (local_ip) is on no link of its host.

    What it means
        All other hosts send their tunnelled frames to an address that is not there: servers here reach those
        on the same host, and nobody else. The agent is alive and its ports are ACTIVE.
    Why it happens
        The link lost its address (a network service restarted, a lease ran out, a card was renamed), or the
        address of the host changed while local_ip stayed.
    Look again
        ip -br address
        openstack network agent show AGENT -c configuration     # tunneling_ip
        grep -r local_ip /etc/neutron/plugins/ml2/
    Fix
        Give the link its address back, or correct local_ip and restart the agent.
    """
    here: dict[str, dict[str, Address]] = defaultdict(dict)
    for address in addresses:
        if not address.namespace:
            here[address.source.host][same(address.ip)] = address
    for agent in agents:
        held = here.get(agent.host)
        if not agent.tunnel_ip or not held or not agent.admin_up or same(agent.tunnel_ip) in held:
            continue
        yield Problem(
            subject=agent_subject(agent),
            says=f"{agent.type} on {agent.host} names {agent.tunnel_ip} as its tunnel endpoint, and no link "
            f"there has that address",
            seen=(agent, *sorted(held.values(), key=lambda a: (a.link, a.ip))[:5]),
            confidence=Confidence.PROVED,
            fix=(on(agent.host, "ip", "-br", "address"),),
        )

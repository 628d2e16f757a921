from __future__ import annotations

from collections.abc import Sequence

from mitate.analyze.check import Problem, Problems, check
from mitate.analyze.fixes import on
from mitate.analyze.subjects import port_subject
from mitate.analyze.wiring import bridge_name
from mitate.model.cloud import Port, Server
from mitate.model.diagnosis import Confidence, Severity
from mitate.model.net import Link


@check(Port, Link, Server, severity=Severity.CRITICAL, helps=1)
def tap_not_in_bridge(ports: Sequence[Port], links: Sequence[Link], servers: Sequence[Server]) -> Problems:
    """The device of a port is there, but not in the bridge of its network: a cable that ends nowhere.

    What it means
        The server is ACTIVE, its port is ACTIVE, the agent is alive, and no frame goes in or out. In the
        bridge of another network it is worse: the server talks to strangers.
    Why it happens
        Somebody took it out (ip link set … nomaster, brctl delif), a network tool of the host rebuilt the
        bridge, or the Linux bridge agent was interrupted when it wired the port. The agent does not notice.
    Look again
        ip -d link show tapXXXXXXXXXXX          # "master brqYYYYYYYYYYY" must be there
        bridge link show
        openstack port show PORT -c network_id  # the bridge is brq and 11 characters of it
    Fix
        Put it back: ip link set tapXXXXXXXXXXX master brqYYYYYYYYYYY, or restart the L2 agent of the host.
    """
    own = {(link.source.host, link.name): link for link in links if not link.namespace}
    by_id = {server.id: server for server in servers}
    for port in ports:
        link = own.get((port.host, port.tap))
        if link is None:
            continue
        bridge = _bridge(port, own)
        # another bridge may be the operator's own (bridge_mappings); one of another network's is wrong
        wrong = not link.master or (link.master.startswith("brq") and link.master != bridge)
        server = by_id.get(port.device_id)
        if not bridge or not wrong or (server and server.task_state):
            continue
        where = f"in {link.master}" if link.master else "in no bridge"
        subject = port_subject(port, server)
        yield Problem(
            subject=subject,
            says=f"{port.tap}, the device of {subject.name}, is {where} on {port.host} instead of {bridge}",
            seen=(link, port),
            confidence=Confidence.PROVED,
            fix=(on(port.host, "ip", "link", "set", port.tap, "master", bridge),),
        )


def _bridge(port: Port, own: dict[tuple[str, str], Link]) -> str:
    """The bridge where the port's tap belongs; "" where that cannot be told.

    Open vSwitch without hybrid plugging has the tap in br-int itself, and the kernel shows no bridge for it.
    """
    if port.vif_type == "bridge":
        return bridge_name(port.network_id)
    hybrid = f"qbr{port.id[:11]}"
    return hybrid if port.vif_type == "ovs" and (port.host, hybrid) in own else ""

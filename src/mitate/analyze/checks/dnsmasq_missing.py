from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence

from mitate.analyze.check import Problem, Problems, check
from mitate.analyze.fixes import restart
from mitate.analyze.subjects import network_subject
from mitate.analyze.wiring import dhcp_namespace, nothing, serves_dhcp, settled, starting
from mitate.model.cloud import Network, Port, Subnet
from mitate.model.diagnosis import Confidence, Evidence, Severity
from mitate.model.host import Process
from mitate.model.net import Namespace

UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@check(Network, Subnet, Port, Process, Namespace, severity=Severity.CRITICAL, helps=1)
def dnsmasq_missing(
    networks: Sequence[Network],
    subnets: Sequence[Subnet],
    ports: Sequence[Port],
    processes: Sequence[Process],
    namespaces: Sequence[Namespace],
) -> Problems:
    """A network should be served by DHCP on a host, and no dnsmasq runs for it there.

    What it means
        Servers that have their address keep it until the lease ends (a day by default); a new server on the
        network boots without an address, and so without metadata. The API shows the DHCP agent alive and
        its port ACTIVE: neither says anything of dnsmasq.
    Why it happens
        dnsmasq was killed (out of memory, by hand) and the agent has not looked yet: it looks every
        check_child_processes_interval seconds, 60 by default, never at 0. Or it cannot be started: the log of
        the agent says why (a bad option, no interface, a port that another dnsmasq holds). Or the agent
        itself does not run, then nobody starts it again.
    Look again
        pgrep -af 'dnsmasq.*NETWORK_ID'
        ip netns pids qdhcp-NETWORK_ID
        tcpdump -eni any port 67 or port 68     # Discover without Offer
    Fix
        Restart the DHCP agent of that host: it starts what is missing and leaves the others alone.
    """
    wanted = {subnet.network_id for subnet in subnets if subnet.dhcp and subnet.ip_version == 4}
    by_id = {network.id: network for network in networks if network.admin_up and network.id in wanted}
    some: dict[str, Process] = {}
    serving: dict[tuple[str, str], Process] = {}
    for process in processes:
        some.setdefault(process.source.host, process)
        if "dnsmasq" in process.command and process.state not in ("Z", "X"):
            for network_id in set(UUID.findall(process.command)):
                serving[process.source.host, network_id] = process
    looked = some.keys() - starting(processes, "neutron-dhcp-agent")
    rooms = {(namespace.source.host, namespace.name) for namespace in namespaces}
    missing: dict[str, list[Port]] = defaultdict(list)
    others: dict[str, int] = defaultdict(int)
    for port in ports:
        if not serves_dhcp(port) or port.network_id not in by_id or port.host not in looked:
            continue
        if _runs(serving.get((port.host, port.network_id))):
            others[port.network_id] += 1
        elif settled(port):
            missing[port.network_id].append(port)
    for network_id, where in missing.items():
        network, still = by_id[network_id], others[network_id]
        frozen = [serving[p.host, network_id] for p in where if (p.host, network_id) in serving]
        hosts = ", ".join(sorted(port.host for port in where))
        also = [p.host for p in where if (p.host, dhcp_namespace(network_id)) not in rooms and rooms]
        yield Problem(
            subject=network_subject(network),
            says=f"network {network.name or network.id} is to be served by DHCP on {hosts}, and "
            + ("its dnsmasq is stopped by a signal (state T)" if frozen else "no dnsmasq runs for it there")
            + (f"; its namespace is gone as well on {', '.join(sorted(also))}" if also else "")
            + (": new servers get their address from its other DHCP agent" if still else ""),
            seen=(*where, *frozen, *(_absence(some[port.host], port) for port in where if not frozen)),
            severity=Severity.WARNING if still else None,
            confidence=Confidence.PROVED,
            fix=tuple(f"kill -CONT {process.pid}" for process in frozen)
            or tuple(restart(port.host, None, "neutron-dhcp-agent") for port in where),
        )


def _runs(process: Process | None) -> bool:
    return process is not None and process.state not in ("T", "t")


def _absence(like: Process, port: Port) -> Evidence:
    return nothing(like, f"no process dnsmasq with {port.network_id} in its command line")

from __future__ import annotations

from collections.abc import Sequence

from mitate.analyze.check import Problem, Problems, check
from mitate.analyze.subjects import port_subject
from mitate.analyze.wiring import nothing, seen_hosts, settled
from mitate.model.cloud import Port, Server
from mitate.model.diagnosis import Severity
from mitate.model.host import Domain
from mitate.model.net import Link


@check(Port, Server, Link, Domain, severity=Severity.CRITICAL, helps=1)
def tap_missing(
    ports: Sequence[Port], servers: Sequence[Server], links: Sequence[Link], domains: Sequence[Domain]
) -> Problems:
    """A server is ACTIVE on a host, and the device of its port is not there.

    What it means
        Either the server does not run there at all (its qemu is gone and Nova has not noticed yet), or it
        runs without that network card: nothing reaches it by this port.
    Why it happens
        qemu was killed (out of memory) or crashed; the device was deleted by hand; the server was moved
        behind Nova's back, or a migration ended half-way and the API names the wrong host.
    Look again
        ip link show tapXXXXXXXXXXX     # the first 11 characters of the port's id
        virsh domiflist INSTANCE_NAME
        openstack server show SERVER -c OS-EXT-SRV-ATTR:host -c OS-EXT-STS:power_state
    Fix
        openstack server reboot --hard SERVER builds domain and devices anew.
    """
    hosts = seen_hosts(links)
    here = {(link.source.host, link.name) for link in links if not link.namespace}
    elsewhere = {link.name: link for link in links if not link.namespace and link.name.startswith("tap")}
    by_id = {server.id: server for server in servers}
    domain_of = {(domain.source.host, domain.uuid): domain for domain in domains}
    for port in ports:
        server = by_id.get(port.device_id)
        if (
            server is None
            or server.status != "ACTIVE"
            or server.task_state
            or server.power_state not in (None, 1)
            or server.host != port.host
            or port.host not in hosts
            or not port.device_owner.startswith("compute:")
            or port.vif_type not in ("bridge", "ovs")
            or port.vnic_type not in ("", "normal")
            or (port.host, port.tap) in here
            or not settled(port)
        ):
            continue
        domain, other = domain_of.get((port.host, server.id)), elsewhere.get(port.tap)
        note = (
            f"; it is on {other.source.host}"
            if other
            else f"; its domain is {domain.state}"
            if domain
            else ""
        )
        yield Problem(
            subject=port_subject(port, server),
            says=f"server {server.name} is ACTIVE on {port.host}, and its {port.tap} is not there{note}",
            seen=(
                port,
                server,
                nothing(hosts[port.host], f"no link {port.tap}"),
                *filter(None, (domain, other)),
            ),
            fix=(f"openstack server reboot --hard {server.id}",),
        )

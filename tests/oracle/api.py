"""What Neutron and Nova would say of a plan. No OpenStack runs here: these facts are made, not asked."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from datetime import datetime

from mitate.model import cloud as api
from mitate.model.source import API, Fact, Source
from tests.oracle.plan import EXTERNAL, NODE, TCP, UDP, UPSTREAM, Nic, Plan

_PROJECT = "0123456789abcdef0123456789abcdef"


def facts(plan: Plan, now: datetime) -> Iterator[Fact]:
    source = Source(API, "what Neutron would say of this plan", now)
    for net in plan.nets:
        yield api.Network(
            source=source,
            id=net.id,
            name=net.name,
            project_id=_PROJECT,
            status="ACTIVE",
            admin_up=True,
            external=False,
            mtu=1450,
            type="vxlan",
            segmentation_id=net.vni,
            subnet_ids=(net.subnet_id,),
        )
        yield _subnet(source, net.subnet_id, net.id, str(net.cidr), net.gateway, net.host_routes)
    yield api.Network(
        source=source,
        id=plan.ext_id,
        name="public",
        project_id=_PROJECT,
        status="ACTIVE",
        admin_up=True,
        external=True,
        mtu=1500,
        type="flat",
        physical_network="physnet1",
        subnet_ids=(plan.ext_subnet_id,),
    )
    yield _subnet(source, plan.ext_subnet_id, plan.ext_id, str(EXTERNAL), UPSTREAM, ())
    yield from _agents(plan, source)
    yield from _servers(plan, source)
    for nic in plan.dhcp:
        assert nic.net
        yield _port(plan, source, nic, "network:dhcp", f"dhcp-{nic.net.id}")
    for router in plan.routers:
        yield api.Router(
            source=source,
            id=router.id,
            name=router.name,
            project_id=_PROJECT,
            status="ACTIVE",
            admin_up=True,
            gateway_network_id=plan.ext_id if router.gateway else "",
            gateway_ips=(router.gateway.ip,) if router.gateway else (),
            snat=True if router.gateway else None,
            ha=False,
            distributed=False,
        )
        for nic in router.inner:
            yield _port(plan, source, nic, "network:router_interface", router.id)
        if router.gateway:
            yield _port(plan, source, router.gateway, "network:router_gateway", router.id)


def _subnet(
    source: Source, id_: str, network: str, cidr: str, gateway: str, routes: tuple[tuple[str, str], ...]
) -> api.Subnet:
    return api.Subnet(
        source=source,
        id=id_,
        name=id_[:8],
        network_id=network,
        cidr=cidr,
        ip_version=4,
        gateway_ip=gateway,
        dhcp=network != "public",
        host_routes=routes,
    )


def _agents(plan: Plan, source: Source) -> Iterator[Fact]:
    for host in plan.hosts:
        yield api.NetworkAgent(
            source=source,
            id=f"lb-{host}",
            type="Linux bridge agent",
            binary="neutron-linuxbridge-agent",
            host=host,
            alive=True,
            admin_up=True,
            tunnel_ip=plan.underlay(host),
            bridge_mappings=(("physnet1", "eth2"),) if host == NODE else (),
        )


def _servers(plan: Plan, source: Source) -> Iterator[Fact]:
    for vm in plan.vms:
        group = f"sg-{vm.id}"
        yield api.Server(
            source=source,
            id=vm.id,
            name=vm.name,
            project_id=_PROJECT,
            status="ACTIVE",
            host=vm.nic.host,
            power_state=1,
        )
        yield _port(plan, source, vm.nic, "compute:nova", vm.id, group if vm.secure else "")
        yield api.SecurityGroup(source=source, id=group, name=vm.name, project_id=_PROJECT)
        for what in vm.open:
            port = {"tcp": TCP, "udp": UDP}.get(what)
            yield api.SecurityGroupRule(
                source=source,
                id=secrets.token_hex(8),
                group_id=group,
                direction="ingress",
                ethertype="IPv4",
                protocol=what,
                port_min=port,
                port_max=port,
                remote_group_id=group if vm.sets else "",
            )
        yield api.SecurityGroupRule(
            source=source,
            id=secrets.token_hex(8),
            group_id=group,
            direction="egress",
            ethertype="IPv4",
            protocol="" if vm.egress else "tcp",
            port_min=None if vm.egress else 443,
            port_max=None if vm.egress else 443,
        )
        if vm.fip:
            router = next(r for r in plan.routers if any(n.net == vm.nic.net for n in r.inner) and r.gateway)
            yield api.FloatingIp(
                source=source,
                id=secrets.token_hex(8),
                address=vm.fip,
                network_id=plan.ext_id,
                status="ACTIVE",
                fixed_ip=vm.nic.ip,
                port_id=vm.nic.id,
                router_id=router.id,
            )


def _port(plan: Plan, source: Source, nic: Nic, owner: str, device: str, group: str = "") -> api.Port:
    return api.Port(
        source=source,
        id=nic.id,
        name="",
        network_id=nic.net.id if nic.net else plan.ext_id,
        mac=nic.mac,
        status="ACTIVE",
        admin_up=True,
        device_owner=owner,
        device_id=device,
        host=nic.host,
        vif_type="bridge",
        vnic_type="normal",
        security=bool(group),
        fixed_ips=((nic.net.subnet_id if nic.net else plan.ext_subnet_id, nic.ip),),
        security_groups=(group,) if group else (),
    )

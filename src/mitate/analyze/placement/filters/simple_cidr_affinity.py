from __future__ import annotations

from ipaddress import ip_address, ip_network

from mitate.analyze.placement.answers import Refusal, Unseen
from mitate.analyze.placement.cloud import Cloud, HostState
from mitate.analyze.placement.filters._filter import refuse, scheduler_filter
from mitate.analyze.placement.filters._mends import drop_hint
from mitate.analyze.placement.filters._state import told
from mitate.model.placement import Wanted


@scheduler_filter("SimpleCIDRAffinityFilter")
def simple_cidr_affinity(host: HostState, wanted: Wanted, cloud: Cloud) -> Refusal | None:
    """A host's address must be in the network that the hints build_near_host_ip and cidr name.

    What it means
        The request says ``--hint build_near_host_ip=ADDRESS`` (and cidr, /24 without), and this host's own
        address (my_ip of its nova-compute) is not in that network.
    Why it happens
        The hint was made for other racks, or the hosts have several addresses and another one was meant.
    Look again
        openstack --os-compute-api-version 2.53 hypervisor show HOST -c host_ip
    Fix
        Ask without the hint, or with a wider cidr.
    """
    near, cidr = wanted.hint("build_near_host_ip"), wanted.hint("cidr") or ("/24",)
    if not near or near == ("",):
        return None
    if len(near) > 1 or len(cidr) > 1:
        raise Unseen("several addresses or networks in the hints build_near_host_ip and cidr")
    address = told(host, "host_ip", cloud)
    try:
        network = ip_network(near[0] + cidr[0], strict=False)
        inside = ip_address(address) in network
    except ValueError:
        raise Unseen(f"the network {near[0]}{cidr[0]} of the hints is not understood") from None
    if inside:
        return None
    return refuse(
        "SimpleCIDRAffinityFilter",
        f"host {host.host} has the address {address}, which is not in {network}",
        wanted=str(network),
        available=address,
        seen=(host.hypervisor,),
        mends=(drop_hint(wanted, "build_near_host_ip", "cidr"),),
    )

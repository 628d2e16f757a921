from __future__ import annotations

from collections.abc import Iterator, Sequence

from mitate.analyze.check import Problem, Problems, check
from mitate.analyze.fixes import on
from mitate.analyze.subjects import link_subject
from mitate.analyze.wiring import router_device, router_ports
from mitate.model.cloud import Network, Port
from mitate.model.diagnosis import Severity
from mitate.model.net import Link


@check(Network, Port, Link, severity=Severity.WARNING)
def mtu_differs(networks: Sequence[Network], ports: Sequence[Port], links: Sequence[Link]) -> Problems:
    """A device on the way has another MTU than its network.

    What it means
        A tunnel device smaller than its network drops full-size frames in silence. A router's device that is
        larger lets the router send what the network cannot carry, and no "fragmentation needed" ever comes; a
        smaller one drops what comes in.
    Why it happens
        The network's MTU was changed and the agent did not follow; the device was made while another MTU was
        configured; somebody set it by hand.
    Look again
        ip -d link show vxlan-VNI
        ip netns exec qrouter-ROUTER_ID ip link show
        openstack network show NETWORK -c mtu
    Fix
        ip link set DEVICE mtu N; restart the agent if it comes back.
    """
    by_id = {network.id: network for network in networks if network.mtu}
    by_vni = {
        n.segmentation_id: n for n in by_id.values() if n.type == "vxlan" and n.segmentation_id is not None
    }
    legs = {
        (router_device(port), f"qrouter-{router}"): by_id[port.network_id]
        for router, owned in router_ports(ports).items()
        for port in owned
        if port.network_id in by_id
    }
    for link, network in _pairs(links, by_vni, legs):
        mtu = network.mtu or 0
        if link.mtu < mtu or (link.mtu > mtu and link.namespace):
            inside = ("ip", "netns", "exec", link.namespace) if link.namespace else ()
            yield Problem(
                subject=link_subject(link),
                says=f"{link.name} on {link.source.host} has an MTU of {link.mtu}, its network "
                f"{network.name or network.id} {mtu}",
                seen=(link, network),
                fix=(on(link.source.host, *inside, "ip", "link", "set", link.name, "mtu", str(mtu)),),
            )


def _pairs(
    links: Sequence[Link], by_vni: dict[int, Network], legs: dict[tuple[str, str], Network]
) -> Iterator[tuple[Link, Network]]:
    """The devices that belong to one network: the Linux bridge agent's tunnel devices, and router legs."""
    for link in links:
        if link.vxlan_id is not None and link.name == f"vxlan-{link.vxlan_id}" and link.vxlan_id in by_vni:
            yield link, by_vni[link.vxlan_id]
        elif (link.name, link.namespace) in legs:
            yield link, legs[link.name, link.namespace]

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from mitate.analyze.check import Problem, Problems, check
from mitate.analyze.floating import associated
from mitate.analyze.subjects import floating_ip_subject
from mitate.analyze.wiring import GATEWAY, homes, nothing, place, router_device
from mitate.model.cloud import FloatingIp, Port, Router
from mitate.model.diagnosis import Confidence, Severity
from mitate.model.net import Address


@check(FloatingIp, Router, Port, Address, severity=Severity.CRITICAL)
def floating_ip_address_missing(
    floating_ips: Sequence[FloatingIp],
    routers: Sequence[Router],
    ports: Sequence[Port],
    addresses: Sequence[Address],
) -> Problems:
    """A floating IP is ACTIVE in the API, and its router does not have the address on its gateway device.

    What it means
        Nobody answers the upstream router's question who has the floating IP (ARP), so nothing from outside
        arrives, not even at the network node. The server itself gets out: that traffic is translated.
    Why it happens
        The address was removed by hand or by another network tool, or the L3 agent (HA: keepalived) failed
        while it set it up.
    Look again
        ip netns exec qrouter-ROUTER_ID ip address show
        arping -I LINK FLOATING_IP      # from a machine on the external network
    Fix
        Any change of the router makes the agent look again and add what is missing:
        openstack router set --description "address again" ROUTER; with an HA router restart keepalived there.
    """
    there: dict[tuple[str, str, str], dict[str, Address]] = defaultdict(dict)
    for each in addresses:
        if each.namespace.startswith("qrouter-"):
            there[(*place(each), each.link)][each.ip] = each
    wanted: dict[str, list[FloatingIp]] = defaultdict(list)
    for floating_ip in associated(floating_ips):
        wanted[floating_ip.router_id].append(floating_ip)
    for home in homes(routers, ports, {place(each) for each in addresses}, addresses):
        for gateway in (port for port in home.ports if port.device_owner == GATEWAY):
            device = router_device(gateway)
            held = there.get((*home.place, device), {})
            own = next((held[ip] for _, ip in gateway.fixed_ips if ip in held), None)
            if own is None:
                continue  # the device itself is in trouble, or was not seen
            for floating_ip in wanted[home.router.id]:
                if floating_ip.address not in held and floating_ip.network_id == gateway.network_id:
                    yield Problem(
                        subject=floating_ip_subject(floating_ip),
                        says=f"floating IP {floating_ip.address} is not on {device} of its router on "
                        f"{home.host}: nobody answers for it",
                        seen=(floating_ip, nothing(own, f"{device} has {', '.join(sorted(held))}")),
                        confidence=Confidence.PROVED,
                        fix=(f"openstack router set --description 'address again' {home.router.id}",),
                    )

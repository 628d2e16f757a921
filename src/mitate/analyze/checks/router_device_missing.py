from __future__ import annotations

from collections.abc import Sequence

from mitate.analyze.check import Problem, Problems, check
from mitate.analyze.fixes import restart
from mitate.analyze.subjects import router_subject
from mitate.analyze.wiring import Home, homes, place, router_device, settled
from mitate.model.cloud import Port, Router
from mitate.model.diagnosis import Confidence, Evidence, Severity
from mitate.model.net import Address, Link
from mitate.model.source import Fact


@check(Router, Port, Link, Address, severity=Severity.CRITICAL)
def router_device_missing(
    routers: Sequence[Router],
    ports: Sequence[Port],
    links: Sequence[Link],
    addresses: Sequence[Address],
) -> Problems:
    """A router lacks the device of one of its ports, or the device is down or without its address.

    What it means
        qr-XXXXXXXXXXX is the leg of a router in a network of servers, qg-XXXXXXXXXXX its leg outside (the
        first 11 characters of the port's id). Without one of them that side is cut off, whatever the API
        says.
    Why it happens
        Deleted or changed by hand or by another network tool; the L3 agent failed while it plugged the port;
        the host's own end of the pair (tap) was deleted, which takes the other with it.
    Look again
        ip netns exec qrouter-ROUTER_ID ip address show
        openstack port list --router ROUTER --long
    Fix
        Restart the L3 agent of that host, and the L2 agent where the device does not come back.
    """
    devices = {(*place(link), link.name): link for link in links if link.namespace.startswith("qrouter-")}
    some = {place(link): link for link in links}
    held: dict[tuple[str, str, str], dict[str, Address]] = {}
    for each in addresses:
        held.setdefault((*place(each), each.link), {})[each.ip] = each
    told = {each.source.host for each in addresses}
    for home in homes(routers, ports, some, addresses):
        troubles = []
        evidence: list[Fact | Evidence] = []
        for port in home.ports:
            if not port.admin_up or not settled(port) or (port.host not in ("", home.host) and not home.ha):
                continue
            trouble, proof = _trouble(home, port, devices, held if home.host in told else None)
            if trouble:
                troubles.append(trouble)
                evidence += [
                    port,
                    proof or Evidence.of(some[home.place], f"no {router_device(port)} among the links"),
                ]
        if troubles:
            yield Problem(
                subject=router_subject(home.router),
                says=f"{router_subject(home.router).name} on {home.host}: {'; '.join(troubles)}",
                seen=tuple(evidence),
                confidence=Confidence.PROVED,
                fix=(restart(home.host, None, "neutron-l3-agent"),),
            )


def _trouble(
    home: Home,
    port: Port,
    devices: dict[tuple[str, str, str], Link],
    held: dict[tuple[str, str, str], dict[str, Address]] | None,
) -> tuple[str, Link | None]:
    """What is wrong with the device of a port in one clause ("" when nothing is), and the device if any."""
    key = (*home.place, router_device(port))
    link = devices.get(key)
    if link is None:
        return f"{key[2]} does not exist", None
    if not link.up:
        return f"{key[2]} is down", link
    ips = {ip for _, ip in port.fixed_ips if ":" not in ip}
    if held is not None and ips and not ips.intersection(held.get(key, ())):
        return f"{key[2]} has no address of its port ({', '.join(sorted(ips))})", link
    return "", None

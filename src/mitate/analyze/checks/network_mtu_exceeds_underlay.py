from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from mitate.analyze.check import Problem, Problems, check
from mitate.analyze.fixes import on
from mitate.analyze.subjects import link_subject, network_subject
from mitate.analyze.tunnels import Leg, legs
from mitate.model.cloud import Network, NetworkAgent
from mitate.model.diagnosis import Confidence, Severity
from mitate.model.net import Address, Link

NAMED = 3


@check(Network, NetworkAgent, Address, Link, severity=Severity.WARNING)
def network_mtu_exceeds_underlay(
    networks: Sequence[Network],
    agents: Sequence[NetworkAgent],
    addresses: Sequence[Address],
    links: Sequence[Link],
) -> Problems:
    """A tunnelled network promises larger packets than the links under it carry.

    What it means
        A full-size packet of a server, wrapped for the tunnel, is larger than the MTU of the link by which
        the tunnel leaves. Depending on kernel and settings it is dropped, cut into fragments, or answered
        with a forged "fragmentation needed". Small packets pass: everything seems to work until data flows.
    Why it happens
        The link has 1500 while Neutron counts on jumbo frames (global_physnet_mtu, path_mtu), a link lost
        its setting at a reboot or with a new card, or the network's MTU was set by hand.
    Look again
        ip link show LINK       # on each host
        openstack network show NETWORK -c mtu -c provider:network_type
        ping -M do -s SIZE OTHER_ENDPOINT       # SIZE = network's MTU + overhead − 28
    Fix
        Raise the MTU of the link, and of every switch between (VXLAN costs 50 bytes over IPv4, GRE 42, Geneve
        58 with OVN, IPv6 20 more), or lower the network's: openstack network set --mtu N NETWORK, after which
        its servers must renew their leases.
    """
    by_host = legs(agents, addresses, links)
    small: dict[str, list[tuple[Leg, Network, int]]] = defaultdict(list)
    for network in networks:
        if not network.mtu:
            continue
        tight = []
        for leg in by_host.values():
            cost = leg.overhead(network.type)
            if cost is not None and network.mtu + cost > leg.link.mtu:
                tight.append((leg, network.mtu + cost))
        if tight and len(tight) == len(by_host):  # no host carries it: the network promises too much
            leg, needed = min(tight, key=lambda each: each[0].link.mtu)
            yield Problem(
                subject=network_subject(network),
                says=f"{network_subject(network).name} has an MTU of {network.mtu}, which needs {needed} in "
                f"its {network.type} tunnels, and {leg.link.name} of {leg.agent.host} carries {leg.link.mtu}",
                seen=(network, *(each.link for each, _ in tight[:NAMED])),
                confidence=Confidence.PREDICTED,
                fix=(f"openstack network set --mtu {network.mtu - (needed - leg.link.mtu)} {network.id}",),
            )
        else:
            for leg, needed in tight:
                small[leg.agent.host].append((leg, network, needed))
    for host, found in small.items():
        leg, network, needed = max(found, key=lambda each: each[2])
        more = f" and {len(found) - 1} more" if len(found) > 1 else ""
        yield Problem(
            subject=link_subject(leg.link),
            says=f"{leg.link.name}, by which the tunnels of {host} leave, carries {leg.link.mtu}, and "
            f"{network_subject(network).name}{more} needs {needed}; other hosts carry that",
            seen=(leg.link, leg.agent, network),
            confidence=Confidence.PREDICTED,
            fix=(on(host, "ip", "link", "set", leg.link.name, "mtu", str(needed)),),
        )

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import msgspec

from mitate.analyze.check import Problem, Problems, check
from mitate.analyze.subjects import port_subject
from mitate.model.cloud import Network, Port, Server
from mitate.model.diagnosis import Confidence, Severity
from mitate.model.net import IpCounters, Traffic

ETHERNET = 14
"""A tap's byte counter counts the Ethernet header, an MTU does not."""
VLAN = 4
SMALLEST = 42
"""Bytes of the smallest frame that a guest sends: an ARP request."""
USUAL = (1500, 9000)
"""MTUs that a guest uses when nobody tells it the network's."""


class Sender(msgspec.Struct, frozen=True):
    """A port whose guest sent something between the two looks."""

    port: Port
    mtu: int
    traffic: Traffic

    @property
    def average(self) -> float:
        """Bytes of IP in an average frame."""
        return self.traffic.rx_bytes / self.traffic.rx_packets - ETHERNET

    @property
    def too_large(self) -> bool:
        """The average is more than the network carries, yet no more than a usual MTU.

        Beyond that they are super-packets, which a virtio guest may hand over and the host cuts for it.
        """
        roof = min((usual for usual in USUAL if usual > self.mtu), default=self.mtu)
        return self.mtu < self.average <= roof + VLAN

    def may_have_sent(self, failed: int) -> bool:
        """Whether so many of its frames could have been too large, the rest being of any size."""
        rest = self.traffic.rx_packets - failed
        least = failed * (self.mtu + ETHERNET + 1) + rest * SMALLEST
        return rest >= 0 and self.traffic.rx_bytes >= least


@check(Port, Network, Traffic, IpCounters, Server, severity=Severity.CRITICAL, helps=1)
def guest_mtu_exceeds_network(
    ports: Sequence[Port],
    networks: Sequence[Network],
    traffic: Sequence[Traffic],
    counters: Sequence[IpCounters],
    servers: Sequence[Server],
) -> Problems:
    """A server sends larger packets than its network carries: small ones pass, large ones vanish.

    What it means
        ssh connects and hangs at the first long output, pages never finish, pings work. The bridge on the
        compute host drops each frame that is larger than the tunnel device, and no counter of an interface
        moves: only "Ip: FragFails" of the host grows, if bridges pass iptables (bridge-nf-call-iptables) at
        all. A TCP test between servers with large-packet offloads may pass nevertheless.
    Why it happens
        The guest did not take the MTU that DHCP (option 26) or the virtio card told it: a static
        configuration, an image with a fixed 1500, a card that cannot be told (e1000), a container network in
        the guest (docker0) that is larger than its card. VXLAN over IPv4 costs 50 bytes, GRE 42, Geneve 58.
    Look again
        ping -M do -s 1422 PEER; ping -M do -s 1472 PEER    # in the guest; 28 bytes of headers come on top
        nstat -az IpFragFails; sleep 5; nstat IpFragFails   # on the compute host
        tcpdump -eni tapXXXXXXXXXXX greater 1465            # on the compute host
    Fix
        In the guest: ip link set dev DEVICE mtu NETWORK_MTU, and for good: let DHCP set it. A lower MSS on
        the router (iptables -t mangle … TCPMSS --clamp-mss-to-pmtu) helps TCP only, and only through it.
        Or raise the MTU of the underlay, then of the network.
    """
    failed = {c.source.host: c for c in counters if not c.namespace and c.frag_fails > 0}
    if not failed:
        return  # without it an average may be two kinds of legal frames mixed
    mtus = {network.id: network.mtu for network in networks if network.mtu}
    taps = {(port.host, port.tap): port for port in ports if port.host in failed}
    by_id = {server.id: server for server in servers}
    senders: dict[str, list[Sender]] = defaultdict(list)
    for each in traffic:
        port = taps.get((each.source.host, each.link))
        if port is not None and not each.namespace and each.rx_packets > 0 and port.network_id in mtus:
            senders[port.host].append(Sender(port, mtus[port.network_id], each))
    for host, here in senders.items():
        sure = [sender for sender in here if sender.too_large]
        possible = [sender for sender in here if sender.may_have_sent(failed[host].frag_fails)]
        only = possible if len(possible) == 1 else []  # several could: who it was cannot be told
        for sender in sure or only:
            port, server = sender.port, by_id.get(sender.port.device_id)
            subject = port_subject(port, server)
            yield Problem(
                subject=subject,
                says=f"{subject.name} sends packets of more than {sender.mtu} bytes, the MTU of its network, "
                f"and {host} drops them ({failed[host].frag_fails} in {failed[host].seconds:g} s)",
                seen=(sender.traffic, failed[host], port),
                confidence=Confidence.CONFIRMED if sure else Confidence.INFERRED,
                fix=(
                    f"ip link set dev eth0 mtu {sender.mtu}    # in the guest, whatever its device is called",
                ),
            )

"""The packet filter and address translation of one namespace, as the kernel would work it out.

``Firewall.cross`` takes a packet through one hook; ``Sessions`` (in ``conntrack``) remembers the connections.
"""

from mitate.analyze.trace.netfilter.firewall import Crossed, Firewall
from mitate.analyze.trace.netfilter.purpose import purpose
from mitate.analyze.trace.netfilter.skb import Way

__all__ = ["Crossed", "Firewall", "Way", "purpose"]

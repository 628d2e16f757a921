"""Floating IPs that should work by now."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from mitate.analyze.wiring import SETTLING
from mitate.model.cloud import FloatingIp


def associated(floating_ips: Iterable[FloatingIp]) -> Iterator[FloatingIp]:
    """Those with a port, that Neutron calls ACTIVE, and that nobody changed within the last minute.

    One that is DOWN the agent has not reported yet: that is ``floating_ip_down``. One without a port is
    free, or forwards single ports.
    """
    for floating_ip in floating_ips:
        changed = floating_ip.updated_at
        fresh = changed is not None and floating_ip.source.at - changed < SETTLING
        if floating_ip.port_id and floating_ip.fixed_ip and floating_ip.status == "ACTIVE" and not fresh:
            yield floating_ip

"""The router has lost the DNAT rule of vm1's floating IP.

The floating IP is active in the API and answers ARP, but nothing reaches the server through it. From inside
its own network the server answers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mitate.lab.faults import Expected, Traced
from mitate.lab.faults._api import wait_healthy
from mitate.lab.faults._kept import Kept
from mitate.lab.faults._places import CLIENT, in_router, port
from mitate.lab.topology import FLOATING_IP

if TYPE_CHECKING:
    from mitate.lab import Lab

EXPECTED = (
    Expected("floating_ip_dnat_missing", "floating_ip", FLOATING_IP),
    Traced(CLIENT, FLOATING_IP, "FIP_DNAT_MISSING", at="network", proto="tcp", port=80),
)


def break_(lab: Lab) -> None:
    _rule(lab).take_away()


def mend(lab: Lab) -> None:
    rule = f"-d {FLOATING_IP}/32 -j DNAT --to-destination {port(lab, 'vm1').address}"
    if not _rule(lab).is_there():
        for chain in ("PREROUTING", "OUTPUT"):
            in_router(lab, f"iptables -w -t nat -A neutron-l3-agent-{chain} {rule}")
    wait_healthy(lab)


def _rule(lab: Lab) -> Kept:
    nat = "iptables -w -t nat"
    rules = f"{nat} -S | grep -- '-d {FLOATING_IP}/32 .*-j DNAT'"
    delete = f"{rules} | sed 's/^-A/-D/' | while read -r rule; do {nat} $rule; done"
    return Kept(
        lab,
        "the DNAT rule",
        "network",
        "neutron-l3-agent",
        is_there=lambda: "neutron-l3-agent-PREROUTING" in in_router(lab, rules, check=False),
        remove=lambda: in_router(lab, delete),
    )

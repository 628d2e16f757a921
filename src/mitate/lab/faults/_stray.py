"""A client whose address lies in the servers' own subnet, and who pings the floating IP without end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mitate.lab.errors import LabError
from mitate.lab.faults._api import ask
from mitate.lab.faults._places import in_router
from mitate.lab.topology import FLOATING_IP

if TYPE_CHECKING:
    from mitate.lab import Lab

STRAY = "10.10.0.254"
"""The client's address. It is in the subnet, and not among those that Neutron deals out."""
SECOND = "10.10.0.253"
"""An address of the subnet that no port has."""

PING = "stray-ping"
_LABEL = "eth0:stray"
_USED = """
import json
print(json.dumps([f["ip_address"] for p in conn.network.ports() for f in p.fixed_ips]))
"""


def must_be_unused(lab: Lab, address: str) -> None:
    """LabError when a port of the cloud has an address."""
    if address in ask(lab, _USED):
        raise LabError(f"A port of the cloud has the address {address}: delete it first.")


def arrive(lab: Lab, address: str = STRAY, *, replied: bool = False) -> None:
    """The client comes and pings. replied: whether the router is to see the server's replies."""
    ping = f"ping -n -i 1 -I {address} {FLOATING_IP}"
    if address == STRAY:
        must_be_unused(lab, address)
    lab.sh(
        "client",
        f"set -e; ip addr replace {address}/32 dev eth0 label {_LABEL}; "
        f"systemctl -q is-active {PING} || systemd-run --quiet --collect --unit={PING} {ping}",
    )
    if replied:
        entries = f"conntrack -L -p icmp --orig-src {address} 2>/dev/null"
        lab.wait(
            "the router to see a reply",
            lambda: "UNREPLIED" not in (in_router(lab, entries, check=False) or "UNREPLIED"),
            30,
            lambda: lab.sh("client", f"timeout 3 {ping}", check=False),
        )


def leave(lab: Lab) -> None:
    """The client is gone, and so is the router's memory of it."""
    lab.sh("client", f"systemctl stop {PING} 2>/dev/null; ip addr flush dev eth0 label {_LABEL}")
    in_router(lab, f"conntrack -D -p icmp --orig-dst {FLOATING_IP}", check=False)  # 1 when there is none

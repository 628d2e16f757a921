"""A client inside the server's own subnet reaches for its floating IP.

From everywhere else the floating IP answers; from this one client nothing ever comes back. The request
reaches the server, which looks for the client on its own network and asks in vain who has that address.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mitate.lab.faults import Expected
from mitate.lab.faults._api import ask, wait_healthy
from mitate.lab.topology import FLOATING_IP

if TYPE_CHECKING:
    from mitate.lab import Lab

EXPECTED = Expected("floating_ip_client_in_fixed_subnet", "floating_ip", FLOATING_IP)
PING = "stray-ping"
_LABEL = "eth0:stray"
# the highest address of the subnet that no port has
_UNUSED = """
import ipaddress, json
subnet = conn.network.find_subnet("private-subnet", ignore_missing=False)
used = {f["ip_address"] for p in conn.network.ports() for f in p.fixed_ips} | {subnet.gateway_ip}
free = (str(a) for a in reversed(list(ipaddress.ip_network(subnet.cidr).hosts())) if str(a) not in used)
print(json.dumps([next(free), conn.network.find_router("router1", ignore_missing=False).id]))
"""


def break_(lab: Lab) -> None:
    address, router = ask(lab, _UNUSED)
    ping = f"ping -n -i 1 -I {address} {FLOATING_IP}"
    lab.sh(
        "client",
        f"set -e; ip addr add {address}/32 dev eth0 label {_LABEL}; "
        f"systemd-run --quiet --collect --unit={PING} {ping}",
    )
    tracked = f"ip netns exec qrouter-{router} conntrack -L -p icmp --orig-src {address} 2>/dev/null"
    lab.wait(
        "the router to track the ping",
        lambda: "[UNREPLIED]" in lab.sh("network", tracked, check=False),
        30,
        lambda: lab.sh("client", f"timeout 3 {ping}", check=False),
    )


def mend(lab: Lab) -> None:
    lab.sh("client", f"systemctl stop {PING} 2>/dev/null; ip addr flush dev eth0 label {_LABEL}")
    _, router = ask(lab, _UNUSED)
    tracked = f"ip netns exec qrouter-{router} conntrack -D -p icmp --orig-dst {FLOATING_IP}"
    lab.sh("network", tracked, check=False)  # status 1 when there is none
    wait_healthy(lab)

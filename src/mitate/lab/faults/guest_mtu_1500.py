"""A server uses an MTU of 1500 on a network that carries 1450.

Small packets pass and large ones vanish, without a word: ssh logs in and hangs, pages never finish. No drop
counter of tap, bridge or tunnel moves.
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

from mitate.lab.faults import Expected
from mitate.lab.faults._api import ask, create_server, delete_servers, wait_healthy

if TYPE_CHECKING:
    from mitate.lab import Lab

SERVER = "wide"
DRIVERS = ("linuxbridge",)
EXPECTED = Expected("guest_mtu_exceeds_network", "port", SERVER, "compute1")
_PEER = """
import json
server = conn.compute.find_server("vm2", ignore_missing=False)
print(json.dumps(next(conn.network.ports(device_id=server.id)).fixed_ips[0]["ip_address"]))
"""
# A virtio card would refuse this MTU, since the host tells it the right one: hence the image with an e1000.
_USER_DATA = """\
ip link set eth0 mtu 1500
(while :; do ping -i 0.1 -s 1472 {peer} >/dev/null 2>&1; sleep 1; done) &
"""
_FAILED = "awk '/^Ip:/ {n = $19} END {print n}' /proc/net/snmp"


def break_(lab: Lab) -> None:
    user_data = _USER_DATA.format(peer=ask(lab, _PEER))
    create_server(
        lab,
        SERVER,
        image="lab-e1000",
        availability_zone="nova:compute1",
        user_data=base64.b64encode(user_data.encode()).decode(),
        until=["ACTIVE"],
    )

    def fails() -> bool:
        """The host's kernel counts packets that would have to be cut, and must not be."""
        before, after = lab.sh("compute1", f"{_FAILED}; sleep 1; {_FAILED}").split()
        return int(after) - int(before) >= 5

    lab.wait("large packets to fail", fails, 150, lambda: lab.sh("compute1", "grep ^Ip: /proc/net/snmp"))


def mend(lab: Lab) -> None:
    delete_servers(lab, SERVER)
    wait_healthy(lab)

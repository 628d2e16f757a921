"""The tap of vm1 is not in its bridge.

The server is ACTIVE, its port is ACTIVE, its console is well, and nothing reaches it: its cable ends
nowhere.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mitate.lab.faults import Expected
from mitate.lab.faults._api import ask, wait_healthy
from mitate.lab.faults._kept import Kept

if TYPE_CHECKING:
    from mitate.lab import Lab

EXPECTED = Expected("tap_not_in_bridge", "port", "vm1", "compute1")
_PORT = """
import json
server = conn.compute.find_server("vm1", ignore_missing=False)
port = next(conn.network.ports(device_id=server.id))
print(json.dumps(["tap" + port.id[:11], "brq" + port.network_id[:11]]))
"""


def break_(lab: Lab) -> None:
    tap, bridge = ask(lab, _PORT)
    Kept(
        lab,
        "the tap",
        "compute1",
        "neutron-linuxbridge-agent",
        is_there=lambda: f"master {bridge}" in lab.sh("compute1", f"ip link show {tap}"),
        remove=lambda: lab.sh("compute1", f"ip link set {tap} nomaster"),
    ).take_away()


def mend(lab: Lab) -> None:
    tap, bridge = ask(lab, _PORT)
    lab.sh("compute1", f"ip link set {tap} master {bridge}")
    wait_healthy(lab)

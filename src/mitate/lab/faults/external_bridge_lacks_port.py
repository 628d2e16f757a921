"""The external bridge on the network host has lost the port to the outside.

Routers, floating IPs and servers are all well among themselves; nothing comes in from outside, and nothing
gets out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mitate.lab.faults import Traced
from mitate.lab.faults._places import CLIENT, in_router
from mitate.lab.topology import FLOATING_IP

if TYPE_CHECKING:
    from mitate.lab import Lab

EXPECTED = Traced(CLIENT, FLOATING_IP, "EXT_BRIDGE_PORT_MISSING", at="network")
_TAKE = {"linuxbridge": "ip link set eth2 nomaster", "ovs": "ovs-vsctl --if-exists del-port br-ex eth2"}
_PUT = {
    "linuxbridge": "ip link set eth2 master $(basename $(readlink /sys/class/net/tap%s/master))",
    "ovs": "ovs-vsctl --may-exist add-port br-ex eth2",
}


def break_(lab: Lab) -> None:
    lab.sh("network", _TAKE[lab.recipe().driver])


def mend(lab: Lab) -> None:
    put = _PUT[lab.recipe().driver]
    if "%s" in put:  # into the bridge of the router's outer port, whose tap bears the same id
        put %= in_router(lab, "echo $QG").strip().removeprefix("qg-")
    lab.sh("network", put)

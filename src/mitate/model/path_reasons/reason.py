"""What a reason of a path is made of."""

from __future__ import annotations

import msgspec


class PathReason(msgspec.Struct, frozen=True):
    """Why a packet did not arrive, or could not be followed.

    code: as it stands in traces and JSON. layer: where it happens, a key of ``LAYERS``. says: what it means,
    one sentence. proof: what shows it, and how to look again by hand; words in capitals stand for the names
    at hand (NS a network namespace, DEV a device, TAP the tap of the port, ADDR an address, UUID an id).
    fix: what a person does about it.
    """

    code: str
    layer: str
    says: str
    proof: str
    fix: str


LAYERS = {
    "guest": "inside the server",
    "api": "what Neutron wants, or Nova knows",
    "l2": "bridges and switches of one host",
    "firewall": "security groups, port security and filters",
    "overlay": "tunnels between hosts",
    "underlay": "the network that carries the tunnels",
    "mtu": "packets larger than a link takes",
    "l3": "routers and routes",
    "nat": "floating IPs and address translation",
    "external": "the network in front of the cloud",
    "dvr": "distributed routers",
    "ha": "routers on more than one node",
    "ovn": "OVN",
    "control": "what is wanted against what is",
    "unseen": "what could not be seen, or cannot be modelled",
}

"""How the hosts of a cloud are wired: what stands on each, and what leads from one thing to the next."""

from __future__ import annotations

from datetime import datetime

import msgspec

from mitate.model.trace import At


class Device(msgspec.Struct, frozen=True):
    """A network interface. kind: as iproute2 calls it (veth, bridge, vxlan, tun, …), "ovs" for a bridge of
    Open vSwitch, "internal" for its own ports, "patch" for a patch port, "" for a card.

    addresses: CIDR. bridge: the bridge that it is a port of. number: VNI, VLAN or tag of Open vSwitch.
    owner: whose it is, as an operator says it (server vm1, router r1), "" when nobody in Neutron owns it.
    """

    at: At
    kind: str = ""
    mtu: int | None = None
    up: bool | None = None
    addresses: tuple[str, ...] = ()
    mac: str = ""
    bridge: str = ""
    number: int | None = None
    owner: str = ""


class Space(msgspec.Struct, frozen=True):
    """A network namespace. name "": the host's own. guest: of a server, which nobody looked into."""

    host: str
    name: str
    devices: tuple[Device, ...] = ()
    owner: str = ""
    guest: bool = False


class Host(msgspec.Struct, frozen=True):
    """Its own namespace first. name "": what is outside the cloud."""

    name: str
    spaces: tuple[Space, ...] = ()


class Edge(msgspec.Struct, frozen=True):
    """Two devices that are one wire. kind: veth, patch, tap (a server's), over (on top of another device),
    port (a port of Open vSwitch that lives in another namespace than its bridge)."""

    kind: str
    a: At
    b: At


class Tunnel(msgspec.Struct, frozen=True):
    """Tunnels between two hosts, the lesser name first. address: of each end, in the underlay.

    b is "" when the remote address belongs to no host that was looked at. numbers: the VNIs; empty where
    only flows say. both: each end knows of the other; None when only one of them could be seen.
    """

    kind: str
    a: str
    b: str
    address_a: str
    address_b: str
    numbers: tuple[int, ...] = ()
    both: bool | None = None


class Segment(msgspec.Struct, frozen=True):
    """A piece of network outside the hosts that several of them are plugged into.

    name: its subnet, or the physical network as Neutron calls it. external: an external network is on it.
    """

    name: str
    members: tuple[At, ...]
    external: bool = False


class Topology(msgspec.Struct, frozen=True):
    """Everything in a stable order, hosts by name. unseen: why something may be missing, a line each."""

    cloud: str
    taken_at: datetime
    hosts: tuple[Host, ...]
    edges: tuple[Edge, ...] = ()
    tunnels: tuple[Tunnel, ...] = ()
    segments: tuple[Segment, ...] = ()
    unseen: tuple[str, ...] = ()

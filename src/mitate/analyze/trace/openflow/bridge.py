"""A bridge of Open vSwitch: its ports, its flows, and what it does by itself (NORMAL)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property

import msgspec

from mitate.analyze.trace.openflow.fields import (
    DL_DST,
    IN_PORT,
    TAGGED,
    TUN_DST,
    TUN_ID,
    TUN_SRC,
    VLAN,
    Key,
    value,
)
from mitate.analyze.trace.openflow.tables import Table
from mitate.analyze.trace.packet import number
from mitate.model.ovs import OvsBridge, OvsFdb, OvsFlow, OvsGroup, OvsInterface, OvsPort

LOCAL = 0xFFFE
DEAD_VLAN = 4095
QINQ = "dot1q-tunnel"
TUNNELS = ("vxlan", "gre", "geneve")
_MULTICAST = 1 << 40
_RESERVED = 0x0180C2000000
"""01:80:C2:00:00:00 to 0F: frames for the bridge itself (STP, LLDP), which NORMAL does not forward."""


class Port:
    """An interface as a port of OpenFlow. number: None when the switch could not open the device."""

    __slots__ = ("bundle", "fact", "mode", "name", "number", "options", "port", "tag", "trunks")

    def __init__(self, fact: OvsInterface, port: OvsPort | None) -> None:
        self.fact, self.port = fact, port
        self.name = fact.name
        self.bundle = fact.port or fact.name
        number = LOCAL if fact.ofport == -2 else fact.ofport
        self.number = number if number is not None and number > 0 else None
        self.tag = port.tag if port else None
        self.trunks = frozenset(port.trunks) if port else frozenset()
        access = "access" if self.tag is not None else "trunk"
        self.mode = (port.vlan_mode if port else "") or access
        self.options = dict(fact.options)

    @property
    def peer(self) -> str:
        return self.options.get("peer", "") if self.fact.type == "patch" else ""

    def vlan_in(self, tci: int) -> int | None:
        """The VLAN of the switch that a frame belongs to; None when the port may not carry it.

        A dot1q-tunnel port is an access port here: the tag that it takes for an inner one is not followed.
        """
        vid = tci & 0xFFF if tci & TAGGED else 0
        if self.mode in ("access", QINQ):
            return None if vid else (self.tag or 0)
        if vid:
            return vid if self.carries(vid) else None
        if self.mode.startswith("native"):
            return self.tag or 0
        return vid if self.carries(vid) else None

    def carries(self, vlan: int) -> bool:
        """Is the port in that VLAN?"""
        if self.mode in ("access", QINQ):
            return vlan == (self.tag or 0)
        if self.mode.startswith("native") and self.tag and vlan in (0, self.tag):
            return vlan == self.tag  # its own VLAN always; what has none can only be of its own
        return not self.trunks or vlan in self.trunks

    def tci_out(self, vlan: int, tci: int) -> int:
        """The tag a frame of that VLAN leaves with; a priority stays, also without a VLAN."""
        if self.mode in ("access", QINQ) or (self.mode == "native-untagged" and vlan == self.tag):
            return 0
        bits = vlan | (tci & 0xE000 if tci & TAGGED else 0)
        return bits | TAGGED if bits else 0


class Forwarded(msgspec.Struct, frozen=True):
    """What NORMAL decides: ports, each with the tag that frames leave with. bar: why there are none."""

    outs: tuple[tuple[Port, int], ...]
    says: str
    bar: str = ""
    """unknown_port, vlan, same_port, nowhere, reserved"""
    vlan: int = 0
    flooded: bool = False


class Bridge:
    """One bridge. flows, groups, fdb: only its own. seen: were its flows seen at all?"""

    def __init__(
        self,
        fact: OvsBridge,
        ports: Sequence[Port],
        flows: Sequence[OvsFlow],
        groups: Sequence[OvsGroup] = (),
        fdb: Sequence[OvsFdb] = (),
        seen: bool = True,
    ) -> None:
        self.fact, self.name, self.seen = fact, fact.name, seen
        self.interfaces = {port.name: port for port in ports}
        self.ports = {port.number: port for port in ports if port.number is not None}
        self.numbers = {port.name: port.number for port in ports if port.number is not None}
        self.flows = flows
        self._groups, self._fdb = groups, fdb
        self._tables: dict[int, Table] = {}

    @cached_property
    def groups(self) -> Mapping[int, OvsGroup]:
        return {group.group_id: group for group in self._groups}

    @cached_property
    def _by_table(self) -> Mapping[int, list[OvsFlow]]:
        found: dict[int, list[OvsFlow]] = {}
        for flow in self.flows:
            found.setdefault(flow.table, []).append(flow)
        return found

    @cached_property
    def fdb(self) -> Mapping[tuple[int, int], int]:
        """Port numbers by (VLAN, MAC)."""
        found = {}
        for entry in self._fdb:
            try:
                found[entry.vlan, value(entry.mac)] = LOCAL if entry.ofport < 0 else entry.ofport
            except ValueError:
                continue
        return found

    def table(self, number: int) -> Table:
        found = self._tables.get(number)
        if found is None:
            found = self._tables[number] = Table(self._by_table.get(number, ()), self.numbers)
        return found

    def flows_of(self, *tables: int) -> list[OvsFlow]:
        return [flow for number in tables for flow in self._by_table.get(number, ())]

    @cached_property
    def tunnels(self) -> bool:
        """Does it have tunnel ports (br-tun)?"""
        return any(port.fact.type in TUNNELS for port in self.interfaces.values())

    @cached_property
    def integrates(self) -> bool:
        """Is it Neutron's integration bridge, by its tables (transient, canary, spoofing)?"""
        return not self.tunnels and bool(self.flows_of(23, 24, 25, 60))

    def normal(self, key: Key, learnt: Mapping[int, int]) -> Forwarded:
        """Forward as a learning switch does (``xlate_normal``).

        learnt: ports behind which this walk showed MAC addresses, by VLAN << 48 | MAC.
        """
        inside = self.ports.get(key[IN_PORT])
        if inside is None:
            return Forwarded((), "it came from no port", "unknown_port")
        destination = key[DL_DST]
        if destination & ~0xF == _RESERVED:
            return Forwarded((), "a frame for bridges themselves is not forwarded", "reserved")
        vlan = inside.vlan_in(key[VLAN])
        if vlan is None:
            tag = key[VLAN] & 0xFFF
            return Forwarded((), f"{inside.name} does not take frames of VLAN {tag}", "vlan")
        if not destination & _MULTICAST:
            number = learnt.get(vlan << 48 | destination, self.fdb.get((vlan, destination)))
            out = self.ports.get(number) if number is not None else None
            if number is not None and out is None:
                return Forwarded(
                    (), f"its MAC address was learnt on port {number}, which is gone", "gone", vlan
                )
            if out is not None:
                if out.bundle == inside.bundle:
                    says = f"its MAC address was learnt on {out.name}, where it came from"
                    return Forwarded((), says, "same_port", vlan)
                tci = out.tci_out(vlan, key[VLAN])
                return Forwarded(
                    ((out, tci),), f"MAC address learnt in VLAN {vlan}: out of {out.name}", "", vlan
                )
        outs = tuple(
            (port, port.tci_out(vlan, key[VLAN]))
            for port in self.bundles
            if port.bundle != inside.bundle and port.carries(vlan)
        )
        says = f"flooded in VLAN {vlan} to {len(outs)} ports" if outs else f"no other port is in VLAN {vlan}"
        return Forwarded(outs, says, "" if outs else "nowhere", vlan, flooded=True)

    @cached_property
    def bundles(self) -> tuple[Port, ...]:
        """The first usable interface of every port: the others of a bond stand by."""
        found: dict[str, Port] = {}
        for port in self.ports.values():
            held = found.get(port.bundle)
            if held is None or (held.fact.link_up is False and port.fact.link_up is not False):
                found[port.bundle] = port
        return tuple(found.values())


def into_tunnel(port: Port, key: Key, local: int) -> str:
    """Give the key the outer addresses that a tunnel port puts on (``tnl_port_send``), and its tunnel key.

    local: where the tunnel ended that the packet came by. Tells why it cannot leave, "" when it can.
    """
    for name, slot in (("remote_ip", TUN_DST), ("local_ip", TUN_SRC)):
        given = port.options.get(name, "")
        if given == "flow":
            continue
        try:
            key[slot] = number(given) if given else 0
        except ValueError:
            return f"{name} of {port.name} is {given[:40]}: only IPv4 is walked"
    out_key = port.options.get("out_key", port.options.get("key", ""))
    if out_key != "flow":
        try:
            key[TUN_ID] = value(out_key) if out_key else 0
        except ValueError:
            return f"the key of {port.name} is {out_key[:40]}"
    if not key[TUN_DST]:
        return f"{port.name} has no remote address, and no flow gave one"
    return "it would be tunnelled to this host itself" if key[TUN_DST] == local else ""

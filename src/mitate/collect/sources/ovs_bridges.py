"""The bridges, ports and interfaces of Open vSwitch, as its database has them.

Three lines of JSON, one for each table: Bridge, Port, Interface.

>>> from mitate.collect.sources._sample import told
>>> told(ovs_bridges, '''{"headings":["name","datapath_type","fail_mode","ports"],"data":[
... ["br-int","system","secure",["uuid","82c1"]]]}
... {"headings":["_uuid","name","tag","trunks","vlan_mode","interfaces"],"data":[
... [["uuid","82c1"],"tap1",3,["set",[]],["set",[]],["uuid","cdba"]]]}
... {"headings":["_uuid","name","type","ofport","error","mac_in_use","mtu","admin_state","link_state",
... "options","external_ids"],"data":[[["uuid","cdba"],"tap1","",5,["set",[]],"fe:16:3e:00:00:01",1450,"up",
... "up",["map",[]],["map",[["attached-mac","fa:16:3e:00:00:01"],["iface-id","dece6489"]]]]]}
... '''.replace(",\\n", ",").replace("[\\n", "["))
OvsBridge name=br-int datapath=system fail_mode=secure ports=('tap1',)
OvsPort name=tap1 bridge=br-int tag=3 interfaces=('tap1',)
OvsInterface name=tap1 port=tap1 bridge=br-int ofport=5 mac=fe:16:3e:00:00:01 mtu=1450 admin_up=True \
link_up=True port_id=dece6489 attached_mac=fa:16:3e:00:00:01
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mitate.collect.question import Answer, HostQuestion, source
from mitate.collect.sources._json import TEXT, Record, decode
from mitate.collect.sources._ovs import OVS
from mitate.model.ovs import OvsBridge, OvsInterface, OvsPort
from mitate.model.source import Fact

_BRIDGE = "name,datapath_type,fail_mode,ports"
_PORT = "_uuid,name,tag,trunks,vlan_mode,interfaces"
_INTERFACE = "_uuid,name,type,ofport,error,mac_in_use,mtu,admin_state,link_state,options,external_ids"

SCRIPT = rf"""{OVS}
inside "$db" ovs-vsctl --timeout=10 --format=json -- --columns={_BRIDGE} list Bridge \
  -- --columns={_PORT} list Port -- --columns={_INTERFACE} list Interface
"""

_OPTIONS = frozenset(
    ("peer", "remote_ip", "local_ip", "key", "in_key", "out_key", "dst_port", "df_default", "tos", "csum")
)
"""Options that are kept: others may hold secrets (``psk`` of IPsec)."""


@source(
    HostQuestion(
        name="ovs_bridges",
        script=SCRIPT,
        asked="ovs-vsctl list Bridge; ovs-vsctl list Port; ovs-vsctl list Interface",
        limit=16_000_000,
        timeout_s=20,
    ),
    OvsBridge,
    OvsPort,
    OvsInterface,
)
def ovs_bridges(answer: Answer) -> Iterator[Fact]:
    tables = [list(_rows(line)) for line in answer.text.splitlines() if line.strip()]
    if not tables:
        return
    if len(tables) != 3:
        raise ValueError(f"{len(tables)} tables, not 3")
    bridges, ports, interfaces = tables
    port_names = {_uuid(row["_uuid"]): row.must("name") for row in ports}
    device_names = {_uuid(row["_uuid"]): row.must("name") for row in interfaces}
    bridge_of: dict[str, str] = {}
    port_of: dict[str, str] = {}
    for row in bridges:
        own = tuple(port_names[one] for one in _uuids(row["ports"]) if one in port_names)
        bridge_of |= dict.fromkeys(own, row.must("name"))
        yield OvsBridge(
            source=answer.source,
            name=row.must("name"),
            datapath=row.text("datapath_type"),
            fail_mode=row.text("fail_mode"),
            ports=own,
        )
    for row in ports:
        name = row.must("name")
        devices = tuple(device_names[one] for one in _uuids(row["interfaces"]) if one in device_names)
        port_of |= dict.fromkeys(devices, name)
        yield OvsPort(
            source=answer.source,
            name=name,
            bridge=bridge_of.get(name, ""),
            tag=row.number("tag"),
            trunks=tuple(n for n in _set(row["trunks"]) if isinstance(n, int)),
            vlan_mode=row.text("vlan_mode"),
            interfaces=devices,
        )
    for row in interfaces:
        yield _interface(answer, row, port_of.get(row.must("name"), ""), bridge_of)


def _interface(answer: Answer, row: _Row, port: str, bridge_of: dict[str, str]) -> OvsInterface:
    options, ids = _map(row["options"]), _map(row["external_ids"])
    return OvsInterface(
        source=answer.source,
        name=row.must("name"),
        port=port,
        bridge=bridge_of.get(port, ""),
        type=row.text("type"),
        ofport=row.number("ofport"),
        error=row.text("error"),
        mac=row.text("mac_in_use"),
        mtu=row.number("mtu"),
        admin_up=_up(row.text("admin_state")),
        link_up=_up(row.text("link_state")),
        options=tuple(sorted((name, text) for name, text in options.items() if name in _OPTIONS)),
        port_id=ids.get("iface-id", ""),
        attached_mac=ids.get("attached-mac", ""),
    )


def _up(state: str) -> bool | None:
    return {"up": True, "down": False}.get(state)


class _Row(Record):
    def __getitem__(self, name: str) -> Any:
        return self.get(name)


def _rows(line: str) -> Iterator[_Row]:
    """The rows of a table as ``ovs-vsctl --format=json`` prints it, by column."""
    table = decode(line)
    if not isinstance(table, dict) or not isinstance(table.get("headings"), list):
        raise ValueError("not a table of ovs-vsctl")
    headings, data = table["headings"], table.get("data")
    if not isinstance(data, list) or not all(isinstance(name, str) for name in headings):
        raise ValueError("not a table of ovs-vsctl")
    for row in data:
        if not isinstance(row, list) or len(row) != len(headings):
            raise ValueError("a row has not one value for each column")
        yield _Row(dict(zip(headings, row, strict=True)))


def _set(value: Any) -> list[Any]:
    """A column of a set: one value stands alone, others as ["set", […]]."""
    if isinstance(value, list) and len(value) == 2 and value[0] == "set" and isinstance(value[1], list):
        return value[1]
    return [] if value is None else [value]


def _uuid(value: Any) -> str:
    if isinstance(value, list) and len(value) == 2 and value[0] == "uuid" and isinstance(value[1], str):
        return value[1]
    raise ValueError("not a UUID of ovs-vsctl")


def _uuids(value: Any) -> list[str]:
    return [_uuid(one) for one in _set(value)]


def _map(value: Any) -> dict[str, str]:
    if not (isinstance(value, list) and len(value) == 2 and value[0] == "map" and isinstance(value[1], list)):
        raise ValueError("not a map of ovs-vsctl")
    found = {}
    for pair in value[1]:
        if not (isinstance(pair, list) and len(pair) == 2 and all(isinstance(one, str) for one in pair)):
            raise ValueError("not a pair of a map")
        found[pair[0]] = pair[1][:TEXT]
    return found

"""What ``ip -d -j`` and ``bridge -j`` say, as facts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mitate.collect.sources._json import Record
from mitate.model.net import Address, FdbEntry, Link, Neighbour, PolicyRule, Route
from mitate.model.source import Fact, Source


def told(source: Source, namespace: str, row: Record) -> Iterator[Fact]:
    """An interface (its addresses) has an index, a forwarding entry a MAC, a neighbour a state; the rest are
    routes."""
    if row.has("ifindex"):
        for item in row.list("addr_info"):
            yield Address(
                source=source,
                namespace=namespace,
                link=row.must("ifname"),
                ip=Record(item).must("local"),
                prefix=Record(item).must_number("prefixlen"),
            )
    elif row.has("mac"):
        yield FdbEntry(
            source=source,
            namespace=namespace,
            link=row.must("ifname"),
            mac=row.must("mac"),
            master=row.text("master"),
            remote=row.text("dst"),
            state=row.text("state"),
            sticky="sticky" in row.texts("flags"),
            vlan=row.number("vlan"),
            port=row.number("port"),
            vni=row.number("vni"),
        )
    elif row.has("state") or row.has("lladdr") or row.has("proxy"):
        yield Neighbour(
            source=source,
            namespace=namespace,
            link=row.must("dev"),
            ip=row.must("dst"),
            mac=row.text("lladdr"),
            state=" ".join(row.texts("state")) or row.text("state"),
            proxy=row.has("proxy"),
        )
    else:
        yield from _routes(source, namespace, row)


def link_of(source: Source, namespace: str, row: Record) -> Link:
    """A veth whose peer is elsewhere has its index alone (link_index); else its name stands there (link)."""
    kind = row.text("linkinfo.info_kind")
    data = Record(row.get("linkinfo.info_data") or {})
    port = Record(row.get("linkinfo.info_slave_data") or {})
    if row.text("linkinfo.info_slave_kind") != "bridge":
        port = Record({})
    vxlan, tunnel = (data if kind == "vxlan" else Record({})), (data if kind in _TUNNELS else Record({}))
    flags = row.texts("flags")
    return Link(
        source=source,
        namespace=namespace,
        name=row.must("ifname"),
        index=row.must_number("ifindex"),
        kind=kind,
        mtu=row.must_number("mtu"),
        up="UP" in flags,
        state=row.text("operstate"),
        mac=row.text("address"),
        master=row.text("master"),
        lower=row.text("link"),
        peer_index=row.number("link_index") if kind == "veth" else None,
        carrier=("LOWER_UP" in flags) if "UP" in flags else None,
        xdp=row.has("xdp"),
        vlan_id=data.number("id") if kind == "vlan" else None,
        vxlan_id=vxlan.number("id"),
        vxlan_local=vxlan.text("local"),
        vxlan_port=vxlan.number("port"),
        vxlan_link=vxlan.text("link"),
        vxlan_group=vxlan.text("group") or vxlan.text("remote"),
        vxlan_learning=vxlan.flag("learning"),
        vxlan_proxy=bool(vxlan.flag("proxy")) if kind == "vxlan" else None,  # told only when it is on
        vxlan_df=vxlan.text("df"),
        tunnel_local=tunnel.text("local"),
        tunnel_remote=tunnel.text("remote"),
        tunnel_key=_key(tunnel),
        port_state=port.text("state"),
        isolated=port.flag("isolated"),
        hairpin=port.flag("hairpin"),
        learning=port.flag("learning"),
        flood=port.flag("flood"),
        vlan_filtering=bool(data.number("vlan_filtering")) if data.has("vlan_filtering") else None,
    )


_TUNNELS = ("gre", "gretap", "ipip", "sit")


def _key(tunnel: Record) -> int | None:
    """ip writes a key as an address: 0.0.0.77."""
    parts = (tunnel.text("ikey") or tunnel.text("okey")).split(".")
    if len(parts) != 4 or not all(part.isdecimal() and len(part) < 4 for part in parts):
        return tunnel.number("ikey")
    return int.from_bytes(bytes(min(int(part), 255) for part in parts))


_REPEATS = ("broadcast", "multicast", "anycast")
"""Routes that only repeat a host's own addresses, as those of type local to one address do."""


def _routes(source: Source, namespace: str, row: Record) -> Iterator[Route]:
    """One for each next hop."""
    kind, table, destination = row.text("type") or "unicast", row.text("table") or "main", row.must("dst")
    if kind in _REPEATS or (kind == table == "local" and "/" not in destination):
        return
    mtu = next((number for item in row.list("metrics") if (number := Record(item).number("mtu"))), None)
    hops: list[Any] = row.list("nexthops") or [{}]
    for hop in map(Record, hops):
        via = hop.text("gateway") or hop.text("via.host") or row.text("gateway") or row.text("via.host")
        yield Route(
            source=source,
            namespace=namespace,
            table=table,
            destination=_cidr(destination),
            via=via,
            link=hop.text("dev") or row.text("dev"),
            type=kind,
            metric=row.number("metric") or 0,
            source_ip=row.text("prefsrc"),
            mtu=mtu,
            on_link="onlink" in (*row.texts("flags"), *hop.texts("flags")),
            scope=row.text("scope"),
        )


def _cidr(destination: str) -> str:
    if destination == "default" or "/" in destination:
        return destination
    return f"{destination}/{128 if ':' in destination else 32}"


_MODELLED = {
    *("priority", "src", "srclen", "dst", "dstlen", "iif", "oif", "fwmark", "fwmask", "action", "goto"),
    *("not", "table", "protocol", "iif_detached", "oif_detached"),
}


def rule_of(source: Source, namespace: str, row: Record) -> PolicyRule:
    """``ip -j rule``."""
    return PolicyRule(
        source=source,
        namespace=namespace,
        priority=row.must_number("priority"),
        table=row.text("table"),
        src=_selector(row, "src"),
        dst=_selector(row, "dst"),
        iif=row.text("iif"),
        oif=row.text("oif"),
        mark=_hexadecimal(row, "fwmark"),
        mask=_hexadecimal(row, "fwmask"),
        action="goto" if row.has("goto") else row.text("action"),
        goto=row.number("goto"),
        inverted=row.has("not"),
        more=tuple(sorted(name for name in row.names() if name not in _MODELLED)),
    )


def _selector(row: Record, key: str) -> str:
    address = row.text(key)
    if address in ("", "all"):
        return ""
    length = row.number(f"{key}len")
    return _cidr(address) if length is None else f"{address}/{length}"


def _hexadecimal(row: Record, key: str) -> int | None:
    text = row.text(key)
    if not text:
        return None
    try:
        return int(text, 16) if len(text) < 20 else None
    except ValueError:
        raise ValueError(f"not a mark: {text[:40]}") from None

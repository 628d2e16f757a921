"""Interfaces, addresses, routes, neighbours and forwarding tables of the host and of every namespace.

A line ``# NAMESPACE`` (empty for the host's own), then the arrays of ``ip -d -j`` and ``bridge -j``.

>>> from mitate.collect.sources._sample import told
>>> told(network, '''#
... [{"ifindex":7,"ifname":"vxlan-1671","flags":["BROADCAST","MULTICAST","UP","LOWER_UP"],"mtu":1450,
... "master":"brq79c6eed6-7a","operstate":"UNKNOWN","address":"2e:31:6c:9f:0a:11","linkinfo":{"info_kind":
... "vxlan","info_data":{"id":1671,"local":"10.0.1.21","port":8472}},"addr_info":[]}]
... # qdhcp-79c6eed6-7afe-48eb-87a0-2beff868846b
... [{"ifindex":2,"ifname":"ns-27155072-b7","flags":["UP"],"mtu":1450,"operstate":"UP","address":
... "fa:16:3e:a4:42:07","linkinfo":{"info_kind":"veth"},"addr_info":[{"local":"10.10.0.2","prefixlen":24}]}]
... [{"type":"unicast","dst":"default","gateway":"10.10.0.1","dev":"ns-27155072-b7","flags":[]}]
... [{"dst":"10.10.0.88","dev":"ns-27155072-b7","lladdr":"fa:16:3e:95:26:75","state":["STALE"]}]
... '''.replace(",\\n", ",").replace(":\\n", ":"), "network")
Link name=vxlan-1671 index=7 kind=vxlan mtu=1450 up=True state=UNKNOWN mac=2e:31:6c:9f:0a:11 \
master=brq79c6eed6-7a vxlan_id=1671 vxlan_local=10.0.1.21 vxlan_port=8472
Namespace name=qdhcp-79c6eed6-7afe-48eb-87a0-2beff868846b
Link namespace=qdhcp-79c6eed6-7afe-48eb-87a0-2beff868846b name=ns-27155072-b7 index=2 kind=veth mtu=1450 \
up=True state=UP mac=fa:16:3e:a4:42:07
Address namespace=qdhcp-79c6eed6-7afe-48eb-87a0-2beff868846b link=ns-27155072-b7 ip=10.10.0.2 prefix=24
Route namespace=qdhcp-79c6eed6-7afe-48eb-87a0-2beff868846b table=main destination=default via=10.10.0.1 \
link=ns-27155072-b7 type=unicast
Neighbour namespace=qdhcp-79c6eed6-7afe-48eb-87a0-2beff868846b link=ns-27155072-b7 ip=10.10.0.88 \
mac=fa:16:3e:95:26:75 state=STALE
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from mitate.collect.question import Answer, HostQuestion, SosRoot, source
from mitate.collect.sources._ip_text import forwarding, links, neighbours, routes
from mitate.collect.sources._json import Record, decode, encode
from mitate.collect.sources._netns import NETNS
from mitate.collect.sources._shell import ROOT
from mitate.model.net import Address, FdbEntry, Link, Namespace, Neighbour, Route
from mitate.model.source import Fact

SCRIPT = f"""{ROOT}export LC_ALL=C
{NETNS}
ask() {{ printf 'address show\\nroute show table all\\nneighbour show\\n' | "$@" ip -d -j -force -batch -; }}
own=$(ask) || [ -n "$own" ] || exit 1
printf '#\\n%s\\n' "$own"
bridge -j fdb show 2>/dev/null
echo
spaces | while read -r space; do
  if all=$(ask within "$space") || [ -n "$all" ]; then
    printf '# %s\\n%s\\n' "${{space##*/}}" "$all"
  else
    gone "$space"
  fi
done
"""

_LOCAL = ("local", "broadcast", "multicast", "anycast")
"""Routes that only repeat a host's own addresses."""


_SOS = "sos_commands/networking/"


def _sosreport(root: SosRoot) -> str:
    """sos keeps the plain text: of the host, and below namespaces/NAME of each namespace."""
    own = [
        links(root.read(_SOS + "ip_-d_address")),
        _made(routes, root.files(_SOS + "ip_route_show_table_all")),
        _made(neighbours, root.files(_SOS + "ip_-s_-s_neigh_show")),
        _made(forwarding, root.files(_SOS + "bridge_*fdb_show")),
    ]
    told = ["#", *(encode(items) for items in own)]
    for path, text in root.files(_SOS + "namespaces/*/*_ip_*address_show"):
        name = path.split("/")[-2]
        near = f"{_SOS}namespaces/{name}/"
        told += [
            f"# {name}",
            encode(links(text)),
            encode(_made(routes, root.files(near + "*_ip_route_show_table_all"))),
            encode(_made(neighbours, root.files(near + "*_ip_*neigh_show"))),
        ]
    return "\n".join(told)


def _made(reader: Callable[[str], Iterator[Any]], files: list[tuple[str, str]]) -> list[Any]:
    return [item for _, text in files for item in reader(text)]


@source(
    HostQuestion(
        name="network",
        script=SCRIPT,
        asked="ip -d -j address; ip -j route show table all; ip -j neigh; bridge -j fdb (in every namespace)",
        limit=32_000_000,
        timeout_s=20,
    ),
    Namespace,
    Link,
    Address,
    Route,
    Neighbour,
    FdbEntry,
    sosreport=_sosreport,
)
def network(answer: Answer) -> Iterator[Fact]:
    namespace = ""
    for line in answer.text.split("\n"):
        if line.startswith("#"):
            namespace = line[1:].strip()[:256]
            if namespace:
                yield Namespace(source=answer.source, name=namespace)
        elif line.strip():
            items = decode(line)
            if not isinstance(items, list):
                raise ValueError("not a JSON array")
            for item in items:
                if item != {}:  # ip prints an empty one for what it filtered out
                    yield from _facts(answer, namespace, Record(item))


def _facts(answer: Answer, namespace: str, row: Record) -> Iterator[Fact]:
    """An interface has an index, a forwarding entry a MAC, a neighbour a state; the rest are routes."""
    if row.get("ifindex") is not None:
        yield _link(answer, namespace, row)
        for item in row.list("addr_info"):
            yield Address(
                source=answer.source,
                namespace=namespace,
                link=row.must("ifname"),
                ip=Record(item).must("local"),
                prefix=Record(item).must_number("prefixlen"),
            )
    elif row.get("mac") is not None:
        yield FdbEntry(
            source=answer.source,
            namespace=namespace,
            link=row.must("ifname"),
            mac=row.must("mac"),
            master=row.text("master"),
            remote=row.text("dst"),
        )
    elif row.get("state") is not None or row.get("lladdr") is not None:
        yield Neighbour(
            source=answer.source,
            namespace=namespace,
            link=row.must("dev"),
            ip=row.must("dst"),
            mac=row.text("lladdr"),
            state=" ".join(row.texts("state")) or row.text("state"),
        )
    elif row.text("type") not in _LOCAL:
        yield from _routes(answer, namespace, row)


def _link(answer: Answer, namespace: str, row: Record) -> Link:
    vxlan = "linkinfo.info_data."
    return Link(
        source=answer.source,
        namespace=namespace,
        name=row.must("ifname"),
        index=row.must_number("ifindex"),
        kind=row.text("linkinfo.info_kind"),
        mtu=row.must_number("mtu"),
        up="UP" in row.texts("flags"),
        state=row.text("operstate"),
        mac=row.text("address"),
        master=row.text("master"),
        vxlan_id=row.number(vxlan + "id") if row.text("linkinfo.info_kind") == "vxlan" else None,
        vxlan_local=row.text(vxlan + "local"),
        vxlan_port=row.number(vxlan + "port") if row.text("linkinfo.info_kind") == "vxlan" else None,
        vxlan_link=row.text(vxlan + "link"),
    )


def _routes(answer: Answer, namespace: str, row: Record) -> Iterator[Route]:
    """One for each next hop."""
    hops: list[Any] = row.list("nexthops") or [{}]
    for hop in map(Record, hops):
        via = hop.text("gateway") or hop.text("via.host") or row.text("gateway") or row.text("via.host")
        yield Route(
            source=answer.source,
            namespace=namespace,
            table=row.text("table") or "main",
            destination=_cidr(row.must("dst")),
            via=via,
            link=hop.text("dev") or row.text("dev"),
            type=row.text("type") or "unicast",
        )


def _cidr(destination: str) -> str:
    if destination == "default" or "/" in destination:
        return destination
    return f"{destination}/{128 if ':' in destination else 32}"

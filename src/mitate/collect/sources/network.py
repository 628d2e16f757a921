"""Interfaces, addresses, routes, neighbours and forwarding tables of the host and of every namespace.

A line ``# NAMESPACE`` (empty for the host's own), then the arrays of ``ip -d -j`` and ``bridge -j``.

>>> from mitate.collect.sources._sample import told
>>> told(network, '''#
... [{"ifindex":7,"ifname":"tap27155072-b7","flags":["UP","LOWER_UP"],"mtu":1450,"link_index":2,
... "link_netnsid":3,"master":"brq79c6eed6-7a","operstate":"UP","address":"2e:31:6c:9f:0a:11",
... "linkinfo":{"info_kind":"veth"},"addr_info":[]}]
... [{"name":"qdhcp-1","id":3}]
... # qdhcp-1
... [{"ifindex":2,"ifname":"ns-27155072-b7","flags":["UP"],"mtu":1450,"link_index":7,"link_netnsid":0,
... "operstate":"UP","address":"fa:16:3e:a4:42:07","linkinfo":{"info_kind":"veth"},
... "addr_info":[{"local":"10.10.0.2","prefixlen":24}]}]
... [{"type":"unicast","dst":"default","gateway":"10.10.0.1","dev":"ns-27155072-b7","flags":[]}]
... [{"dst":"10.10.0.88","dev":"ns-27155072-b7","lladdr":"fa:16:3e:95:26:75","state":["STALE"]}]
... '''.replace(",\\n", ","), "network")
Namespace name=qdhcp-1
Address namespace=qdhcp-1 link=ns-27155072-b7 ip=10.10.0.2 prefix=24
Route namespace=qdhcp-1 table=main destination=default via=10.10.0.1 link=ns-27155072-b7 type=unicast \
metric=0 on_link=False
Neighbour namespace=qdhcp-1 link=ns-27155072-b7 ip=10.10.0.88 mac=fa:16:3e:95:26:75 state=STALE proxy=False
Link name=tap27155072-b7 index=7 kind=veth mtu=1450 up=True state=UP mac=2e:31:6c:9f:0a:11 \
master=brq79c6eed6-7a peer_index=2 peer_namespace=qdhcp-1 carrier=True xdp=False
Link namespace=qdhcp-1 name=ns-27155072-b7 index=2 kind=veth mtu=1450 up=True state=UP mac=fa:16:3e:a4:42:07 \
peer_index=7 carrier=False xdp=False
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from mitate.collect.question import Answer, HostQuestion, SosRoot, source
from mitate.collect.sources import _ip_text
from mitate.collect.sources._ip_json import link_of, told
from mitate.collect.sources._json import Record, decode, encode
from mitate.collect.sources._netns import NETNS
from mitate.collect.sources._peers import End, with_peers
from mitate.collect.sources._shell import ROOT
from mitate.collect.sources._text import few, whole_lines
from mitate.model.net import Address, FdbEntry, Link, Namespace, Neighbour, Route
from mitate.model.source import Fact

SCRIPT = f"""{ROOT}export LC_ALL=C
{NETNS}
ask() {{
  printf '%s\\n' 'address show' 'route show table all' 'neighbour show' 'neighbour show proxy' "$last" |
    "$@" ip -d -j -force -batch -
}}
inside() {{
  last=
  case ${{1##*/}} in fip-*) last=$names ;; esac
  if all=$(ask within "$1") || [ -n "$all" ]; then
    printf '# %s\\n%s\\n' "${{1##*/}}" "$all"
    case $all in *'"info_kind":"bridge"'* | *'"info_kind":"vxlan"'*)
      within "$1" bridge -j fdb show 2>/dev/null
      echo
    esac
  else
    gone "$1"
  fi
}}
names='netns list' # only what the addresses told of has a number by now
last=$names
own=$(ask) || [ -n "$own" ] || exit 1
printf '#\\n%s\\n' "$own"
bridge -j fdb show 2>/dev/null
echo
each inside
"""

_SOS = "sos_commands/networking/"


def _sosreport(root: SosRoot) -> str:
    """sos keeps the plain text: of the host, and below namespaces/NAME of each namespace."""
    own = [
        _ip_text.links(root.read(_SOS + "ip_-d_address")),
        _made(_ip_text.routes, root.files(_SOS + "ip_route_show_table_all")),
        _made(_ip_text.neighbours, root.files(_SOS + "ip_-s_-s_neigh_show")),
        _made(_ip_text.forwarding, root.files(_SOS + "bridge_*fdb_show")),
    ]
    told = ["#", *(encode(items) for items in own)]
    for path, text in root.files(_SOS + "namespaces/*/*_ip_*address_show"):
        name = path.split("/")[-2]
        near = f"{_SOS}namespaces/{name}/"
        told += [
            f"# {name}",
            encode(_ip_text.links(text)),
            encode(_made(_ip_text.routes, root.files(near + "*_ip_route_show_table_all"))),
            encode(_made(_ip_text.neighbours, root.files(near + "*_ip_*neigh_show"))),
        ]
    return "\n".join(told)


def _made(reader: Callable[[str], Iterator[Any]], files: list[tuple[str, str]]) -> list[Any]:
    return [item for _, text in files for item in reader(text)]


@source(
    HostQuestion(
        name="network",
        script=SCRIPT,
        asked="ip -d -j address; ip -j route show table all; ip -j neigh [show proxy]; bridge -j fdb "
        "(in every namespace); ip -j netns list (in the host's own and fip-…)",
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
    return few(_network(answer))


def _network(answer: Answer) -> Iterator[Fact]:
    namespace = ""
    ends: list[End] = []
    names: dict[tuple[str, int], str] = {}
    for line in whole_lines(answer.text):
        if line.startswith("#"):
            namespace = line[1:].strip()[:256]
            if namespace:
                yield Namespace(source=answer.source, name=namespace)
            continue
        for row in few(_rows(line)):
            if row.has("ifindex"):
                link = link_of(answer.source, namespace, row)
                ends.append(End(link, row.number("link_netnsid"), row.text("link_netns")))
            if not row.has("name"):
                yield from told(answer.source, namespace, row)
            elif row.has("id"):
                names[namespace, row.must_number("id")] = row.must("name")
    yield from with_peers(ends, names)


def _rows(line: str) -> Iterator[Record]:
    items = decode(line)
    if not isinstance(items, list):
        raise ValueError("not a JSON array")
    return (Record(item) for item in items if item != {})  # ip prints an empty one for what it filtered out

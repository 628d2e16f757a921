"""What Open vSwitch has learnt: MAC addresses of every bridge, and the connections of a userspace datapath.

A line ``# BRIDGE``, then ``fdb/show``; after a line ``#`` alone the connections.

>>> from mitate.collect.sources._sample import told
>>> told(ovs_learnt, '''# br-int
...  port  VLAN  MAC                Age
... LOCAL     0  5e:4f:0a:1b:2c:3d    1
...     5     3  fa:16:3e:95:26:75   12
... #
... tcp,orig=(src=10.10.0.33,dst=10.10.0.88,sport=40000,dport=22),reply=(src=10.10.0.88,dst=10.10.0.33,\\
... sport=22,dport=40000),zone=3,mark=1,protoinfo=(state=ESTABLISHED)
... '''.replace("\\\\\\n", ""))
OvsFdb bridge=br-int ofport=-1 vlan=0 mac=5e:4f:0a:1b:2c:3d static=False
OvsFdb bridge=br-int ofport=5 vlan=3 mac=fa:16:3e:95:26:75 static=False
OvsConnection protocol=tcp src=10.10.0.33 dst=10.10.0.88 sport=40000 dport=22 reply_src=10.10.0.88 \
reply_dst=10.10.0.33 reply_sport=22 reply_dport=40000 state=ESTABLISHED zone=3 mark=1
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from mitate.collect.question import Answer, HostQuestion, source
from mitate.collect.sources._ovs import OVS, SWITCH
from mitate.collect.sources._text import lines, whole
from mitate.model.ovs import OvsConnection, OvsFdb

SCRIPT = rf"""{OVS}{SWITCH}
names=$(each) || exit 1
for bridge in $names; do
  printf '# %s\n' "$bridge"
  inside "$switch" ovs-appctl --timeout=10 fdb/show "$bridge" || exit 1
done
kinds=$(inside "$db" ovs-vsctl --timeout=10 --bare --columns=datapath_type list Bridge) || exit 1
case $kinds in
*netdev*)
  echo '#'
  inside "$switch" ovs-appctl --timeout=15 dpctl/dump-conntrack netdev@ovs-netdev || exit 1
  ;;
esac
"""

_MAC = re.compile(r"\s*(\d{1,5}|LOCAL)\s+(\d{1,4})\s+([0-9a-f:]{17})\s+(\d{1,9}|static)\s*", re.IGNORECASE)
_SIDE = re.compile(r"(\w+)=\(([^()]*)\)")


@source(
    HostQuestion(
        name="ovs_learnt",
        script=SCRIPT,
        asked="ovs-appctl fdb/show BRIDGE; ovs-appctl dpctl/dump-conntrack",
        limit=16_000_000,
        timeout_s=30,
    ),
    OvsFdb,
    OvsConnection,
)
def ovs_learnt(answer: Answer) -> Iterator[OvsFdb | OvsConnection]:
    bridge = ""
    for line in lines(answer.text):
        if line.startswith("#"):
            bridge = line[1:].strip()[:64]
        elif not bridge:
            yield _connection(answer, line)
        elif found := _MAC.fullmatch(line):
            port, vlan, mac, age = found.groups()
            yield OvsFdb(
                source=answer.source,
                bridge=bridge,
                ofport=-1 if port.upper() == "LOCAL" else int(port),
                vlan=int(vlan),
                mac=mac.lower(),
                static=age == "static",
            )
        elif line.split()[:1] != ["port"]:
            raise ValueError(f"not a line of fdb/show: {line[:80]}")


def _connection(answer: Answer, line: str) -> OvsConnection:
    """``tcp,orig=(…),reply=(…),zone=3,mark=1,protoinfo=(state=ESTABLISHED)``; of ICMP sport is the id."""
    sides = {name: _pairs(text) for name, text in _SIDE.findall(line)}
    told = _pairs(_SIDE.sub("", line))
    protocol = line.partition(",")[0].strip()
    if not {"orig", "reply"} <= sides.keys() or not protocol or "=" in protocol:
        raise ValueError(f"not a connection: {line[:80]}")
    origin, reply = sides["orig"], sides["reply"]
    echo = "id" in origin
    return OvsConnection(
        source=answer.source,
        protocol=protocol,
        src=_must(origin, "src"),
        dst=_must(origin, "dst"),
        sport=_port(origin, "id" if echo else "sport"),
        dport=_port(origin, "dport"),
        reply_src=_must(reply, "src"),
        reply_dst=_must(reply, "dst"),
        reply_sport=None if echo else _port(reply, "sport"),
        reply_dport=None if echo else _port(reply, "dport"),
        state=sides.get("protoinfo", {}).get("state", ""),
        zone=whole(told.get("zone", "0")),
        mark=whole(told.get("mark", "0")),
    )


def _pairs(text: str) -> dict[str, str]:
    return {
        name: value for name, equals, value in (word.partition("=") for word in text.split(",")) if equals
    }


def _must(side: dict[str, str], name: str) -> str:
    if name not in side:
        raise ValueError(f"a connection without its {name}")
    return side[name]


def _port(side: dict[str, str], name: str) -> int | None:
    return whole(side[name]) if name in side else None

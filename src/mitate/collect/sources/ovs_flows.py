"""The flows and groups of every bridge of Open vSwitch.

A line ``# BRIDGE``, then the answers of ``ovs-ofctl dump-flows`` and ``dump-groups``.

>>> from mitate.collect.sources._sample import told
>>> told(ovs_flows, '''# br-int
... OFPST_FLOW reply (OF1.4) (xid=0x2):
...  cookie=0x8f, duration=9.5s, table=24, n_packets=7, n_bytes=294, priority=2,arp,in_port=5,\\
... arp_spa=10.10.0.33 actions=resubmit(,25)
...  cookie=0x8f, duration=9.5s, table=24, n_packets=0, n_bytes=0, priority=0 actions=drop
... OFPST_GROUP_DESC reply (OF1.4) (xid=0x2):
...  group_id=1,type=all,bucket=actions=output:1,bucket=actions=output:2
... '''.replace("\\\\\\n", ""))
OvsFlow bridge=br-int table=24 priority=2 match=arp,in_port=5,arp_spa=10.10.0.33 actions=resubmit(,25) \
cookie=0x8f packets=7
OvsFlow bridge=br-int table=24 priority=0 actions=drop cookie=0x8f packets=0
OvsGroup bridge=br-int group_id=1 type=all buckets=bucket=actions=output:1,bucket=actions=output:2
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from mitate.collect.question import Answer, HostQuestion, source
from mitate.collect.sources._ovs import OVS, SWITCH
from mitate.model.ovs import OvsFlow, OvsGroup
from mitate.model.source import Source

# The newest version that both know is spoken: Neutron's bridges allow 1.0, 1.3 and 1.4, others only 1.0,
# which knows no groups.
SCRIPT = rf"""{OVS}{SWITCH}
versions=OpenFlow10,OpenFlow11,OpenFlow12,OpenFlow13,OpenFlow14
names=$(each) || exit 1
for bridge in $names; do
  printf '# %s\n' "$bridge"
  inside "$switch" ovs-ofctl --timeout=15 -O $versions dump-flows "$bridge" || exit 1
  inside "$switch" ovs-ofctl --timeout=15 -O $versions dump-groups "$bridge" 2>/dev/null
done
exit 0
"""

LINES = 1_000_000
WIDTH = 100_000
"""Characters of a flow: one that floods to a thousand tunnels is long."""

_GROUP = re.compile(r"group_id=(\d{1,10}),type=(\w+)(.*)", re.DOTALL)


@source(
    HostQuestion(
        name="ovs_flows",
        script=SCRIPT,
        asked="ovs-ofctl dump-flows BRIDGE; ovs-ofctl dump-groups BRIDGE",
        limit=32_000_000,
        timeout_s=45,
        slow=True,
    ),
    OvsFlow,
    OvsGroup,
)
def ovs_flows(answer: Answer) -> Iterator[OvsFlow | OvsGroup]:
    source, bridge = answer.source, ""
    for count, line in enumerate(answer.text.split("\n")):
        if count >= LINES or len(line) > WIDTH:
            raise ValueError("too many flows, or too long a one")
        if " actions=" in line and not line.startswith(" group_id="):
            yield _flow(source, bridge, line)
        elif line.startswith("# "):
            bridge = line[2:].strip()[:64]
        elif line.lstrip().startswith("group_id="):
            yield _group(source, bridge, line.strip())
        elif line.strip() and " reply " not in line:
            raise ValueError(f"not a line of ovs-ofctl: {line[:80]}")


def _flow(source: Source, bridge: str, line: str) -> OvsFlow:
    """``cookie=…, table=…, n_packets=…, priority=…,MATCH actions=…``: statistics stand between ", "."""
    head, _, actions = line.partition(" actions=")
    told, _, match = head.rpartition(" ")
    if match.endswith(","):
        told, match = head, ""
    priority = "32768"
    if match.startswith("priority="):
        priority, _, match = match[9:].partition(",")
    if not bridge:
        raise ValueError("a flow of no bridge")
    packets = _after(told, "n_packets=")
    return OvsFlow(
        source=source,
        bridge=bridge,
        table=_number(_after(told, "table=") or "0", 254),
        priority=_number(priority, 65535),
        match=match,
        actions=actions.strip(),
        cookie=_after(told, "cookie="),
        packets=_number(packets, 1 << 64) if packets else None,
    )


def _after(text: str, name: str) -> str:
    return text.partition(name)[2].partition(",")[0].strip()


def _number(text: str, most: int) -> int:
    if not (text.isdecimal() and text.isascii() and len(text) <= 20) or int(text) > most:
        raise ValueError(f"not a number of a flow: {text[:40]}")
    return int(text)


def _group(source: Source, bridge: str, line: str) -> OvsGroup:
    found = _GROUP.match(line)
    if not found or not bridge:
        raise ValueError(f"not a group: {line[:80]}")
    return OvsGroup(
        source=source,
        bridge=bridge,
        group_id=int(found[1]),
        type=found[2],
        buckets=found[3].lstrip(","),
    )

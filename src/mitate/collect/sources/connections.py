"""The connections that the kernel tracks, in the host and in every namespace; a bounded part of each.

Those that saw no reply are kept apart: they are what tells. Only namespaces that track any are asked: each
dump walks the kernel's one table for all of them.

>>> from mitate.collect.sources._sample import told
>>> told(connections, '''# qrouter-1
... tcp 6 110 TIME_WAIT src=203.0.113.100 dst=203.0.113.151 sport=34914 dport=22 src=10.10.0.246\
 dst=203.0.113.100 sport=22 dport=34914 [ASSURED] mark=67108864 use=1
... icmp 1 29 src=203.0.113.100 dst=203.0.113.151 type=8 code=0 id=3158 [UNREPLIED] src=10.10.0.246\
 dst=203.0.113.100 type=0 code=0 id=3158 mark=0 zone=4 use=1
... ''', "network")
ConntrackEntry namespace=qrouter-1 protocol=tcp src=203.0.113.100 dst=203.0.113.151 sport=34914 dport=22 \
reply_src=10.10.0.246 reply_dst=203.0.113.100 state=TIME_WAIT unreplied=False assured=True reply_sport=22 \
reply_dport=34914 zone=0 mark=67108864
ConntrackEntry namespace=qrouter-1 protocol=icmp src=203.0.113.100 dst=203.0.113.151 \
reply_src=10.10.0.246 reply_dst=203.0.113.100 unreplied=True assured=False icmp_id=3158 zone=4 mark=0
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mitate.collect.question import Answer, HostQuestion, source
from mitate.collect.sources._netns import NETNS
from mitate.collect.sources._shell import ROOT
from mitate.collect.sources._text import lines, whole_or_none
from mitate.model.net import ConntrackEntry

MOST = 1000
"""Entries kept of each namespace, of those with a reply and of those without."""
FEW = 500
"""Tracked connections of a namespace up to which the kernel's own list is read."""

# The kernel's own list, where it has one, puts the protocol of the network layer first: "ipv4 2 tcp 6 …". It
# is read without a lock, in a fifth of the tool's time; but that grows with the square of what it shows.
# The shell reads no more than the first digit of a setting, which is enough to know a zero.
SCRIPT = f"""{ROOT}export LC_ALL=C
{NETNS}
look() {{
  "$@" sh -c '
    count=$1/proc/sys/net/netfilter/nf_conntrack_count list=$1/proc/net/nf_conntrack
    [ -e "$count" ] || exit 0
    read -r tracked <"$count"
    [ "$tracked" != 0 ] || exit 0
    tracked=$(cat "$count")
    [ "$tracked" -gt {FEW} ] || [ ! -e "$list" ] || exec cat "$list"
    ! command -v conntrack >/dev/null || exec conntrack -L 2>/dev/null
    [ ! -e "$list" ] || exec cat "$list"
    echo "conntrack is not installed" >&2
    exit 1
  ' sh "$root"
}}
inside() {{ all=$(look within "$1") && printf '# %s\\n%s\\n' "${{1##*/}}" "$all" || gone "$1"; }}
{{ echo '# '; look && each inside || echo failed; }} | awk '
  /^failed/ {{ exit 1 }}
  /^#/ {{ name = $0; alone = both = 0; next }}
  /^ipv6/ || !NF || (/UNREPLIED/ ? alone++ : both++) >= {MOST} {{ next }}
  name {{ print name; name = "" }}
  {{ sub(/^ipv4 +2 +/, ""); print }}
'
"""


@source(
    HostQuestion(
        name="connections",
        script=SCRIPT,
        asked="conntrack -L (in every namespace)",
        limit=32_000_000,
        timeout_s=20,
    ),
    ConntrackEntry,
)
def connections(answer: Answer) -> Iterator[ConntrackEntry]:
    namespace = ""
    for line in lines(answer.text):
        if line.startswith("#"):
            namespace = line[1:].strip()
            continue
        words = line.split()
        values: dict[str, list[str]] = {}
        for word in words:
            name, equals, value = word.partition("=")
            if equals:
                values.setdefault(name, []).append(value)
        if len(values.get("src", ())) != 2 or len(values.get("dst", ())) != 2:
            raise ValueError(f"not an entry of conntrack: {line[:80]}")
        state = words[3] if len(words) > 3 and words[0] in ("tcp", "sctp", "dccp") else ""
        sports, dports = values.get("sport", []), values.get("dport", [])
        yield ConntrackEntry(
            source=answer.source,
            namespace=namespace,
            protocol=words[0],
            src=values["src"][0],
            dst=values["dst"][0],
            sport=_number(sports, 0),
            dport=_number(dports, 0),
            reply_src=values["src"][1],
            reply_dst=values["dst"][1],
            state="" if "=" in state else state,
            unreplied="[UNREPLIED]" in words,
            assured="[ASSURED]" in words,
            reply_sport=_number(sports, 1),
            reply_dport=_number(dports, 1),
            icmp_id=_number(values.get("id", []), 0) if words[0] == "icmp" else None,
            zone=_number(values.get("zone", []), 0) or 0,
            mark=_number(values.get("mark", []), 0) or 0,
        )


def _number(values: Sequence[str], at: int) -> int | None:
    return whole_or_none(values[at]) if at < len(values) else None

"""The connections that the kernel tracks, in the host and in every namespace; a bounded part of each.

Those that saw no reply are kept apart: they are what tells. Without the tool, the kernel's own list is read.

>>> from mitate.collect.sources._sample import told
>>> told(connections, '''# qrouter-50568716-45b2-4140-9ac2-adbc0adc61de
... tcp 6 110 TIME_WAIT src=203.0.113.100 dst=203.0.113.151 sport=34914 dport=22 src=10.10.0.246\
 dst=203.0.113.100 sport=22 dport=34914 [ASSURED] mark=67108864 use=1
... udp 17 8 src=10.0.1.12 dst=10.0.1.21 sport=38743 dport=8472 [UNREPLIED] src=10.0.1.21 dst=10.0.1.12\
 sport=8472 dport=38743 mark=0 use=1
... ''', "network")
ConntrackEntry namespace=qrouter-50568716-45b2-4140-9ac2-adbc0adc61de protocol=tcp src=203.0.113.100 \
dst=203.0.113.151 sport=34914 dport=22 reply_src=10.10.0.246 reply_dst=203.0.113.100 state=TIME_WAIT \
unreplied=False assured=True
ConntrackEntry namespace=qrouter-50568716-45b2-4140-9ac2-adbc0adc61de protocol=udp src=10.0.1.12 \
dst=10.0.1.21 sport=38743 dport=8472 reply_src=10.0.1.21 reply_dst=10.0.1.12 unreplied=True assured=False
"""

from __future__ import annotations

from collections.abc import Iterator

from mitate.collect.question import Answer, HostQuestion, source
from mitate.collect.sources._netns import NETNS
from mitate.collect.sources._shell import ROOT
from mitate.collect.sources._text import lines, whole_or_none
from mitate.model.net import ConntrackEntry

MOST = 1000
"""Entries kept of each namespace, of those with a reply and of those without."""

# The kernel's own list, where it has one, puts the protocol of the network layer first: "ipv4 2 tcp 6 …".
SCRIPT = f"""{ROOT}export LC_ALL=C
{NETNS}
if command -v conntrack >/dev/null; then set -- conntrack -L
elif [ -e "$root/proc/net/nf_conntrack" ]; then set -- cat /proc/net/nf_conntrack
else echo 'conntrack is not installed' >&2; exit 1
fi
some() {{
  awk '
    {{ sub(/^ipv4 +2 +/, "") }}
    /^ipv6/ {{ next }}
    /UNREPLIED/ {{ if (alone++ < {MOST}) print; next }}
    both++ < {MOST}
  '
}}
own=$("$@" 2>/dev/null) || {{ "$@" >/dev/null; exit 1; }}
echo '# '
printf '%s\\n' "$own" | some
spaces | while read -r space; do
  if all=$(within "$space" "$@" 2>/dev/null); then
    printf '# %s\\n' "${{space##*/}}"
    [ -z "$all" ] || printf '%s\\n' "$all" | some
  else
    gone "$space"
  fi
done
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
        yield ConntrackEntry(
            source=answer.source,
            namespace=namespace,
            protocol=words[0],
            src=values["src"][0],
            dst=values["dst"][0],
            sport=whole_or_none(values.get("sport", [""])[0]),
            dport=whole_or_none(values.get("dport", [""])[0]),
            reply_src=values["src"][1],
            reply_dst=values["dst"][1],
            state="" if "=" in state else state,
            unreplied="[UNREPLIED]" in words,
            assured="[ASSURED]" in words,
        )

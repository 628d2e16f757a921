"""What passed every interface, and how often the kernel failed to fragment, within one second.

Two looks at /proc/net/dev and /proc/net/snmp, in the host and in Neutron's namespaces.

>>> from mitate.collect.sources._sample import told
>>> told(traffic, '''at 1000.25
... # qrouter-50568716-45b2-4140-9ac2-adbc0adc61de
... qr-3c40bdf5-8f 1000 10 2000 20
... ip 5
... at 1001.25
... # qrouter-50568716-45b2-4140-9ac2-adbc0adc61de
... qr-3c40bdf5-8f 1600 14 2000 20
... ip 7
... done
... ''', "network")
Traffic namespace=qrouter-50568716-45b2-4140-9ac2-adbc0adc61de link=qr-3c40bdf5-8f seconds=1.0 rx_packets=4 \
rx_bytes=600 tx_packets=0 tx_bytes=0
IpCounters namespace=qrouter-50568716-45b2-4140-9ac2-adbc0adc61de seconds=1.0 frag_fails=2
"""

from __future__ import annotations

from collections.abc import Iterator

from mitate.collect.question import Answer, HostQuestion, source
from mitate.collect.sources._netns import NETNS
from mitate.collect.sources._shell import ROOT
from mitate.collect.sources._text import lines, whole
from mitate.model.net import IpCounters, Traffic

MOST = 1000
"""Namespaces looked into."""

SCRIPT = f"""{ROOT}export LC_ALL=C
{NETNS}
look() {{
  read -r up rest <"$root/proc/uptime" || exit 1
  echo "at $up"
  echo '# '
  cat "$root/proc/net/dev" "$root/proc/net/snmp" || exit 1
  for space in $chosen; do
    printf '# %s\\n' "${{space##*/}}"
    within "$space" cat /proc/net/dev /proc/net/snmp || gone "$space"
  done
}}
chosen=$(spaces | head -n {MOST})
all=$(look && sleep 1 && look && echo done) || exit 1
printf '%s\\n' "$all" | awk '
  /^(at |# |done)/ {{ print; names = 0; next }}
  /^Ip:/ && !names {{ for (i = 2; i <= NF; i++) if ($i == "FragFails") at = i; names = 1; next }}
  /^Ip:/ {{ if (at) print "ip", $at; next }}
  /^ *[^ :]+:/ && NF > 10 && !/^[A-Z][A-Za-z]+:/ {{
    line = $0; sub(/^ */, "", line); link = line; sub(/:.*/, "", link); sub(/^[^:]*: */, "", line)
    split(line, f, / +/); print link, f[1], f[2], f[9], f[10]
  }}
'
"""


@source(
    HostQuestion(
        name="traffic",
        script=SCRIPT,
        asked="ip -s link; nstat -az IpFragFails (twice, one second apart, in every namespace)",
        timeout_s=20,
        slow=True,
    ),
    Traffic,
    IpCounters,
)
def traffic(answer: Answer) -> Iterator[Traffic | IpCounters]:
    looks: list[tuple[float, dict[tuple[str, str], tuple[int, ...]]]] = []
    namespace = ""
    done = False
    for line in lines(answer.text):
        words = line.split()
        if words[0] == "at" and len(words) == 2:
            looks.append((_seconds(words[1]), {}))
        elif words[0] == "#":
            namespace = words[1] if len(words) > 1 else ""
        elif words == ["done"]:
            done = True
        elif looks and len(words) in (2, 5):
            looks[-1][1][namespace, words[0]] = tuple(whole(word) for word in words[1:])
        else:
            raise ValueError(f"not a counter: {line[:80]}")
    if len(looks) != 2 or not done:
        raise ValueError("there were not two whole looks")
    (first, before), (second, after) = looks
    for (space, name), counts in after.items():
        old = before.get((space, name))
        if old is None or len(old) != len(counts):
            continue  # it came between the looks
        grown = [now - then for now, then in zip(counts, old, strict=True)]
        if any(count < 0 for count in grown):
            continue  # made anew between the looks
        seconds = round(second - first, 3)
        if name == "ip" and len(grown) == 1:
            yield IpCounters(source=answer.source, namespace=space, seconds=seconds, frag_fails=grown[0])
        elif len(grown) == 4:
            yield Traffic(
                source=answer.source,
                namespace=space,
                link=name,
                seconds=seconds,
                rx_bytes=grown[0],
                rx_packets=grown[1],
                tx_bytes=grown[2],
                tx_packets=grown[3],
            )


def _seconds(text: str) -> float:
    value = float(text)
    if not 0 <= value < 1e11:
        raise ValueError(f"not an uptime: {text[:40]}")
    return value

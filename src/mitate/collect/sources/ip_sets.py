"""The sets of ipset, to which iptables rules refer: of the host and of every namespace.

>>> from mitate.collect.sources._sample import told
>>> told(ip_sets, '''#
... create NIPv4ae3ad4b3-56d5-4a0a-8d6e- hash:net family inet hashsize 1024 maxelem 65536 bucketsize 12
... add NIPv4ae3ad4b3-56d5-4a0a-8d6e- 10.10.0.246
... add NIPv4ae3ad4b3-56d5-4a0a-8d6e- 10.10.0.33
... ''', "compute1")
IpSet name=NIPv4ae3ad4b3-56d5-4a0a-8d6e- type=hash:net members=('10.10.0.246', '10.10.0.33')
"""

from __future__ import annotations

from collections.abc import Iterator

from mitate.collect.question import Answer, HostQuestion, source
from mitate.collect.sources._netns import NETNS
from mitate.collect.sources._shell import ROOT
from mitate.collect.sources._text import lines
from mitate.model.net import IpSet

# Where the kernel has no sets, the question itself would load that part of it.
SCRIPT = f"""{ROOT}export LC_ALL=C
{NETNS}
[ -e "$root/sys/module/ip_set" ] || exit 0
command -v ipset >/dev/null || {{ echo 'ipset is not installed, and the kernel may hold sets' >&2; exit 1; }}
inside() {{
  if all=$(within "$1" ipset save 2>/dev/null); then
    [ -z "$all" ] || printf '# %s\\n%s\\n' "${{1##*/}}" "$all"
  else
    gone "$1"
  fi
}}
echo '#'
ipset save || exit 1
each inside
"""


@source(
    HostQuestion(
        name="ip_sets",
        script=SCRIPT,
        asked="ipset save (in every namespace)",
        limit=32_000_000,
        timeout_s=20,
    ),
    IpSet,
)
def ip_sets(answer: Answer) -> Iterator[IpSet]:
    namespace = ""
    sets: dict[tuple[str, str], tuple[str, list[str]]] = {}
    for line in lines(answer.text):
        words = line.split(None, 3)
        if line.startswith("#"):
            namespace = line[1:].strip()
        elif words[:1] == ["create"] and len(words) > 2:
            sets[namespace, words[1]] = (words[2], [])
        elif words[:1] == ["add"] and len(words) > 2 and (namespace, words[1]) in sets:
            options = words[3].partition("comment ")[0].split() if len(words) > 3 else []
            member = f"{words[2]} nomatch" if "nomatch" in options else words[2]
            sets[namespace, words[1]][1].append(member[:200])
        elif words:
            raise ValueError(f"not a line of ipset save: {line[:80]}")
    for (space, name), (kind, members) in sets.items():
        yield IpSet(source=answer.source, namespace=space, name=name, type=kind, members=tuple(members))

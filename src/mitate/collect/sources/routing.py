"""What decides over routes besides the tables: rules of policy routing, and the kernel's own settings.

Only the settings that a packet's way depends on, of every namespace.

>>> from mitate.collect.sources._sample import told
>>> told(routing, '''# qrouter-50568716-45b2-4140-9ac2-adbc0adc61de
... ipv4/ip_forward:1
... ipv4/conf/qg-2a5e3b1f-90/rp_filter:2
... [{"priority":0,"src":"all","table":"local"},{"priority":57480,"src":"10.10.0.5","table":"16"}]
... ''', "network")
NetworkSetting namespace=qrouter-50568716-45b2-4140-9ac2-adbc0adc61de name=ipv4/ip_forward value=1
NetworkSetting namespace=qrouter-50568716-45b2-4140-9ac2-adbc0adc61de \
name=ipv4/conf/qg-2a5e3b1f-90/rp_filter value=2
PolicyRule namespace=qrouter-50568716-45b2-4140-9ac2-adbc0adc61de priority=0 table=local inverted=False
PolicyRule namespace=qrouter-50568716-45b2-4140-9ac2-adbc0adc61de priority=57480 table=16 \
src=10.10.0.5/32 inverted=False
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from mitate.collect.question import Answer, HostQuestion, SosRoot, source
from mitate.collect.sources import _ip_text
from mitate.collect.sources._ip_json import rule_of
from mitate.collect.sources._json import encode, records
from mitate.collect.sources._netns import NETNS
from mitate.collect.sources._shell import ROOT
from mitate.collect.sources._text import few, whole_lines
from mitate.model.net import NetworkSetting, PolicyRule

OF_NAMESPACE = (
    *("ipv4/ip_forward", "ipv4/icmp_echo_ignore_all"),
    *("bridge/bridge-nf-call-iptables", "bridge/bridge-nf-call-ip6tables", "bridge/bridge-nf-call-arptables"),
    *("netfilter/nf_conntrack_max", "netfilter/nf_conntrack_count"),
)
OF_DEVICE = (
    *("rp_filter", "forwarding", "proxy_arp", "arp_ignore", "arp_filter", "accept_local", "route_localnet"),
)

# A setting must be read at one go: of the rest the kernel tells nothing (so no ``read`` of the shell).
SCRIPT = f"""{ROOT}export LC_ALL=C
{NETNS}
look() {{
  "$@" sh -c '
    cd "$1/proc/sys/net" && grep -Hs "" {" ".join((*OF_NAMESPACE, *(f"ipv4/conf/*/{n}" for n in OF_DEVICE)))}
    exec ip -j rule
  ' sh "$root"
}}
inside() {{
  if all=$(look within "$1"); then
    printf '# %s\\n%s\\n' "${{1##*/}}" "$all"
  else
    gone "$1"
  fi
}}
all=$(look) || exit 1
printf '# \\n%s\\n' "$all"
each inside
"""


def _sosreport(root: SosRoot) -> str:
    """The rules, and all of ``sysctl -a``, of the host and below namespaces/NAME of each namespace."""
    net = "sos_commands/networking/"
    told = ["# ", *_settings(root.read("sos_commands/kernel/sysctl_-a"))]
    told.append(encode(list(_ip_text.rules(root.read(net + "ip_*rule*")))))
    for path, text in root.files(net + "namespaces/*/*_sysctl_-a"):
        name = path.split("/")[-2]
        told += [f"# {name}", *_settings(text)]
        told += [
            encode(list(_ip_text.rules(rules)))
            for _, rules in root.files(f"{net}namespaces/{name}/*_ip_-4_rule*")
        ]
    return "\n".join(told)


_DEVICE = re.compile(rf"ipv4/conf/[^/]+/({'|'.join(OF_DEVICE)})")


def _settings(text: str) -> Iterator[str]:
    """Those of ``sysctl -a`` that matter here. It writes dots, and a dot in a device's name as a slash."""
    for line in text.splitlines():
        name, equals, value = line.partition(" = ")
        path = name.removeprefix("net.").translate(_SWAPPED)
        if equals and name.startswith("net.") and (path in OF_NAMESPACE or _DEVICE.fullmatch(path)):
            yield f"{path}:{value.strip()}"


_SWAPPED = str.maketrans("./", "/.")


@source(
    HostQuestion(
        name="routing",
        script=SCRIPT,
        asked="ip rule; sysctl net.ipv4.ip_forward net.ipv4.conf.DEVICE.rp_filter … (in every namespace)",
        limit=32_000_000,
        timeout_s=20,
    ),
    PolicyRule,
    NetworkSetting,
    sosreport=_sosreport,
)
def routing(answer: Answer) -> Iterator[PolicyRule | NetworkSetting]:
    return few(_routing(answer))


def _routing(answer: Answer) -> Iterator[PolicyRule | NetworkSetting]:
    namespace = ""
    for line in whole_lines(answer.text):
        name, colon, value = line.strip().partition(":")
        if line.startswith("#"):
            namespace = line[1:].strip()
        elif line.startswith("["):
            for row in records(line):
                yield rule_of(answer.source, namespace, row)
        elif colon and re.fullmatch(r"[a-z]\w*(/[^/\s]+)+", name):
            yield NetworkSetting(source=answer.source, namespace=namespace, name=name, value=value.strip())
        else:
            raise ValueError(f"not a setting: {line[:80]}")

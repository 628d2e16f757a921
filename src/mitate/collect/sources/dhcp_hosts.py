"""The hosts that each network's dnsmasq knows, as the DHCP agent wrote them.

Found by the command lines of dnsmasq; the files of those that do not run, where Neutron keeps them.

>>> from mitate.collect.sources._sample import told
>>> told(dhcp_hosts, '''/var/lib/neutron/dhcp/79c6eed6-7afe-48eb-87a0-2beff868846b/host\
 fa:16:3e:95:26:75,host-10-10-0-33.openstacklocal,10.10.0.33
... ''', "network")
DhcpHost network_id=79c6eed6-7afe-48eb-87a0-2beff868846b mac=fa:16:3e:95:26:75 ip=10.10.0.33 \
name=host-10-10-0-33.openstacklocal
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from mitate.collect.question import Answer, HostQuestion, source
from mitate.collect.sources._shell import ROOT
from mitate.collect.sources._text import lines
from mitate.model.net import DhcpHost

SCRIPT = rf"""{ROOT}export LC_ALL=C
set -- "$root"/var/lib/neutron/dhcp/*/host
for state in docker/volumes/neutron_metadata_socket docker/volumes/neutron_dhcp_agent; do
  set -- "$@" "$root/var/lib/$state/_data/dhcp"/*/host
done
for named in $(ps -e -ww -o pid=,args= | awk '/dnsmasq/ && match($0, /--dhcp-hostsfile=[^ ]+/) {{
  print "/proc/" $1 "/root" substr($0, RSTART + 17, RLENGTH - 17)
}}'); do
  [ "$root$named" -ef "$root${{named#/proc/*/root}}" ] && named=${{named#/proc/*/root}}
  case " $* " in *" $root$named "*) ;; *) set -- "$@" "$root$named" ;; esac
done
for file; do
  shift
  [ -f "$file" ] && [ -r "$file" ] && set -- "$@" "$file"
done
# Lines of another form are none of the agent's: any process may claim to be a dnsmasq with any file.
[ $# = 0 ] || exec awk '/^[0-9A-Fa-f:]+,[][A-Za-z0-9_.:,-]+$/ {{print FILENAME, $0}}' "$@"
"""


@source(
    HostQuestion(
        name="dhcp_hosts",
        script=SCRIPT,
        asked="grep . /var/lib/neutron/dhcp/*/host",
        limit=16_000_000,
    ),
    DhcpHost,
)
def dhcp_hosts(answer: Answer) -> Iterator[DhcpHost]:
    for line in lines(answer.text):
        path, _, entry = line.partition(" ")
        parts = path.split("/")
        if len(parts) < 2 or not entry:
            raise ValueError(f"not a line of a host file: {line[:80]}")
        words = entry.strip().split(",")
        macs = [word.lower() for word in words if re.fullmatch(r"([0-9A-Fa-f]{2}:){5}[0-9A-Fa-f]{2}", word)]
        plain = [word for word in words if word.lower() not in macs and not re.match(r"(set|id|tag):", word)]
        ips = [word.strip("[]") for word in plain if re.fullmatch(r"[\d.]{7,15}|\[[0-9A-Fa-f:.]+\]", word)]
        names = [word for word in plain if word.strip("[]") not in ips and word != "ignore"]
        if not macs:
            continue  # known by its client id only
        yield DhcpHost(
            source=answer.source,
            network_id=parts[-2],
            mac=macs[0],
            ip=ips[0] if ips else "",
            name=names[0] if names else "",
        )

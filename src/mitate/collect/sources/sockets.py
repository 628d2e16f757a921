"""TCP sockets of the services: what listens here, and whom OpenStack's processes talk to.

Sockets that others opened to a port that listens here are left out: the other side tells of them.

>>> from mitate.collect.sources._sample import told
>>> told(sockets, '''LISTEN 0 128 0.0.0.0:5672 0.0.0.0:* users:(("beam.smp",pid=67,fd=3))
... ESTAB 0 0 [::ffff:10.0.0.12]:41168 [::ffff:10.0.0.11]:5672 users:(("neutron-dhcp-ag",pid=64,fd=7))
... ''')
Socket state=LISTEN local_ip=0.0.0.0 local_port=5672 peer_port=0 pids=(67,)
Socket state=ESTAB local_ip=10.0.0.12 local_port=41168 peer_ip=10.0.0.11 peer_port=5672 pids=(64,)
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from mitate.collect.question import Answer, HostQuestion, SosRoot, source
from mitate.collect.sources._shell import PROGRAM, ROOT, awk, run_awk
from mitate.collect.sources._text import lines, whole
from mitate.model.host import Socket

MOST = 5000
"""Lines kept of a host; a busy API host may have many more sockets."""

# ss cuts names at 15 characters. Connections that are closing have no process any more.
KEEP = rf"""
{{ local = $4; sub(/.*:/, "", local) }}
$1 == "LISTEN" {{ listens[local] = 1; $1 = $1; if (n++ < {MOST}) print; next }}
/users:/ {{
  w = $0; sub(/.*users:\(\("/, "", w); sub(/:?".*/, "", w)  # a title ends with a colon
  if (!openstack(w) && w !~ /^(uwsgi|python|apache2|httpd|wsgi|\(wsgi|haproxy|ovn-|ovs-)/) next
  $1 = $1; later[++m] = $0
}}
END {{
  for (i = 1; i <= m && n < {MOST}; i++) {{
    split(later[i], f); local = f[4]; sub(/.*:/, "", local)
    if (!(local in listens)) {{ n++; print later[i] }}
  }}
}}
"""
OPENSTACK = r"""{ pid = $1; sub(/^ *[0-9]+ +/, "") } openstack(program($0)) { print pid }"""

# Pods may have network namespaces of their own: one process of each is enough to see its sockets.
SCRIPT = f"""{ROOT}export LC_ALL=C
all=$(ss -Htanp) || exit 1
others=$(ps -e -ww -o pid=,args= | awk {awk(PROGRAM, OPENSTACK)} | while read -r pid; do
  ns=$root/proc/$pid/ns/net
  [ ! -e "$ns" ] || [ "$ns" -ef "$root/proc/self/ns/net" ] || printf '%s\\n' "$ns"
done)
{{
  printf '%s\\n' "$all"
  if [ -n "$others" ]; then
    stat -L -c '%i %n' $others | sort -u -k1,1 | while read -r _ ns; do nsenter --net="$ns" ss -Htanp; done
  fi
}} | awk {awk(PROGRAM, KEEP)}
"""


def _sosreport(root: SosRoot) -> str:
    """Out of ``ss -peaonmi``, which puts the kind of socket first and details on lines of their own."""
    text = root.read("sos_commands/networking/ss_-peaonmi")
    rows = [line.split(None, 1)[1] for line in text.splitlines() if line.startswith("tcp ")]
    return run_awk("\n".join(rows), PROGRAM, KEEP)


@source(
    HostQuestion(name="sockets", script=SCRIPT, asked="ss -Htanp"),
    Socket,
    sosreport=_sosreport,
)
def sockets(answer: Answer) -> Iterator[Socket]:
    for line in lines(answer.text):
        words = line.split(None, 5)
        if len(words) < 5:
            raise ValueError(f"not a socket: {line[:80]}")
        local_ip, local_port = _address(words[3])
        peer_ip, peer_port = _address(words[4])
        yield Socket(
            source=answer.source,
            state=words[0],
            local_ip=local_ip,
            local_port=local_port,
            peer_ip=peer_ip if peer_port else "",
            peer_port=peer_port,
            pids=tuple(dict.fromkeys(whole(pid) for pid in re.findall(r"pid=(\d{1,10})", line))),
        )


def _address(text: str) -> tuple[str, int]:
    """``10.0.0.11:5672``, ``[::]:22``, ``*:9697``, ``0.0.0.0:*``, ``[fe80::1]%eth0:22``; port 0 for ``*``."""
    ip, colon, port = text.rpartition(":")
    if not colon:
        raise ValueError(f"not an address: {text[:80]}")
    ip = ip.partition("%")[0].strip("[]").removeprefix("::ffff:")
    return ip, 0 if port == "*" else whole(port)

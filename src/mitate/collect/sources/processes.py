"""The processes that matter: OpenStack's own and what it leans on. Others never leave the host.

Fields between tabs: pid, ppid, state, RSS in KiB, seconds since it started, cgroup, command line (redacted).

>>> from mitate.collect.sources._sample import told
>>> told(processes, "now\\t1795361400\\n95\\t1\\tTsl\\t200012\\t900\\t"
...     "0::/system.slice/nova-compute.service\\t"
...     "/usr/bin/python3 /usr/bin/nova-compute --config-file=/etc/nova/nova.conf\\n")
Process pid=95 ppid=1 state=T started_at=2026-11-22 15:15:00+00:00 service=nova-compute \
command=/usr/bin/python3 /usr/bin/nova-compute --config-file=/etc/nova/nova.conf unit=nova-compute.service \
rss_kb=200012
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from mitate.collect.question import Answer, HostQuestion, SosRoot, source
from mitate.collect.sources._shell import PROGRAM, ROOT, TAME, URL, awk, run_awk
from mitate.collect.sources._text import at_epoch, fields, lines, whole, whole_or_none
from mitate.model.errors import CannotSee
from mitate.model.host import Process
from mitate.model.recognise import service_of_command

KEEP = r"""
{
  line = $0
  for (i = 0; i < 5; i++) sub(/^[ \t]*[^ \t]+/, "", line)
  sub(/^[ \t]+/, "", line)
  w = program(line)
  rabbit = w == "beam.smp" && line ~ /rabbit/ && line !~ /escript/   # rabbitmqctl is an escript
  if (openstack(w) || w ~ INFRASTRUCTURE || rabbit)
    print $1 "\t" $2 "\t" $3 "\t" $4 "\t" $5 "\t" cgroup($1) "\t" \
      tame(line)
}
function cgroup(pid,   file, line, all) {
  # PROC is where to look; it is not set for a sosreport.
  if (PROC == "") return "-"
  file = PROC "/" pid "/cgroup"; all = ""
  while ((getline line < file) > 0 && length(all) < 1000) all = all "," line
  close(file)
  return all == "" ? "-" : substr(all, 2)
}
BEGIN {
  INFRASTRUCTURE = "^(dnsmasq|haproxy|keepalived|radvd|qemu-.*|kvm|libvirtd|virt[a-z]+d|mariadbd|mysqld|" \
    "memcached|redis-server|ovs-vswitchd|ovsdb-server|ovn-[a-z-]+|etcd|apache2|httpd|nginx|uwsgi.*|chronyd|" \
    "ntpd|systemd-timesyncd|postgres)$"
}
"""

SCRIPT = f"""{ROOT}export LC_ALL=C
all=$(ps -e -ww -o pid=,ppid=,stat=,rss=,etimes=,args=) || exit 1
printf 'now\\t%s\\n' "$(date +%s)"
all=$(printf '%s\\n' "$all" | awk -v PROC="$root/proc" {awk(URL, TAME, PROGRAM, KEEP)}) || exit 1
printf '%s\\n' "$all"
for engine in docker podman; do
  case $all in
  *[/:-]docker[-/]* | *libpod-*)
    command -v $engine >/dev/null && $engine ps --no-trunc --format 'name\t{{{{.ID}}}}\t{{{{.Names}}}}' ;;
  esac
done 2>/dev/null
:
"""


_SOS = (
    "sos_commands/process/ps_axo_flags_state_uid_pid_ppid_pgid_sid_cls_pri_addr_sz_wchan*_lstart_tty_time_cmd",
    "sos_commands/process/ps_axo_*_lstart_*_cmd",
)


def _sosreport(root: SosRoot) -> str:
    """From F S UID PID PPID PGID SID CLS PRI ADDR SZ WCHAN STARTED (5 words) TT TIME CMD; cgroups elsewhere.

    STARTED is in the host's own zone, which a sosreport need not tell: it is left unknown.
    """
    cgroups = {}
    for _, text in root.files("sos_commands/process/ps_axo_pid_ppid_*_cgroup"):
        cgroups = {row[0]: row[-1] for row in map(str.split, text.splitlines()) if len(row) > 8}
    rows = []
    for line in root.read(*_SOS).splitlines():
        row = line.split(None, 19)
        if len(row) == 20 and row[3].isdecimal():
            rows.append(f"{row[3]} {row[4]} {row[1]} - - {row[19]}")
    if not rows:
        raise CannotSee("the sosreport's list of processes is empty", "garbage")
    told = []
    for line in run_awk("\n".join(rows), URL, TAME, PROGRAM, KEEP).splitlines():
        one = line.split("\t")
        one[5] = cgroups.get(one[0], "-")
        told.append("\t".join(one))
    return "\n".join(told)


@source(
    HostQuestion(
        name="processes",
        script=SCRIPT,
        asked="ps -e -ww -o pid,ppid,stat,rss,etimes,args; cat /proc/PID/cgroup",
    ),
    Process,
    sosreport=_sosreport,
)
def processes(answer: Answer) -> Iterator[Process]:
    rows = [fields(line, 2) for line in lines(answer.text)]
    now = next((whole(row[1]) for row in rows if row[0] == "now"), None)
    names = {row[1]: row[-1].split(",")[0] for row in rows if row[0] == "name"}
    for row in rows:
        if row[0] in ("now", "name"):
            continue
        if len(row) < 7:
            raise ValueError(f"not a process: {' '.join(row)[:80]}")
        pid, ppid, state, rss, elapsed, cgroup, command = row[:7]
        yield Process(
            source=answer.source,
            pid=whole(pid),
            ppid=whole(ppid),
            state=state[:1],
            started_at=at_epoch(now - whole(elapsed)) if now is not None and elapsed != "-" else None,
            service=service_of_command(command),
            command=command,
            unit=_unit(cgroup),
            container=_container(cgroup, names),
            rss_kb=whole_or_none(rss),
        )


def _unit(cgroup: str) -> str:
    """The innermost service unit of a cgroup."""
    found = re.findall(r"[^/,]+\.service(?=/|,|$)", cgroup)
    return found[-1].replace(r"\x2d", "-") if found else ""


def _container(cgroup: str, names: dict[str, str]) -> str:
    """The container of a cgroup by name, by the first 12 digits of its id when nobody could name it."""
    found = re.search(r"(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])", cgroup)
    if found is None:
        lxc = re.search(r"/lxc(?:\.payload)?[./]([\w.-]+)", cgroup)
        return lxc[1] if lxc else ""
    name = names.get(found[0], found[0][:12])
    return f"kubepods/{name}" if "kubepods" in cgroup else name

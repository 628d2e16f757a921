"""How large the logs of the services are, when they were last written to, and which the services have open.

Fields between tabs. log: bytes, when it was last written to (seconds since 1970), path. open: pid, program,
path as the kernel shows it, which says ``(deleted)`` of a file that has no name any more.

>>> from mitate.collect.sources._sample import told
>>> told(log_files, '''log\\t104857600\\t1795361399\\t/var/log/nova/nova-compute.log
... open\\t95\\tnova-compute\\t/var/log/nova/nova-compute.log.1 (deleted)
... ''')
LogFile service=nova-compute file=/var/log/nova/nova-compute.log size_bytes=104857600 \
written_at=2026-11-22 15:29:59+00:00
OpenLog service=nova-compute pid=95 file=/var/log/nova/nova-compute.log.1 deleted=True
"""

from __future__ import annotations

from collections.abc import Iterator

from mitate.collect.question import Answer, HostQuestion, source
from mitate.collect.sources._logs import PLACES, service_of_file
from mitate.collect.sources._shell import PROGRAM, ROOT, awk
from mitate.collect.sources._text import at_epoch, fields, lines, whole
from mitate.model.host import LogFile, OpenLog
from mitate.model.recognise import canonical

_DELETED = " (deleted)"

_SERVICES = r"""
{
  pid = $1; line = $0; sub(/^ *[0-9]+ +/, "", line); w = program(line)
  if (openstack(w) && w !~ /^privsep/ && n++ < 500) print pid "\t" w
}
"""

# First the services' pids and programs, then what `ls -l` prints: the directory of a process, then each
# descriptor and where it leads to.
_OPEN = r"""
/^[0-9]+\t/ { split($0, f, "\t"); NAME[f[1]] = f[2]; next }
/\/proc\/[0-9]+\/fd:$/ {
  pid = $0; sub(/\/fd:$/, "", pid); sub(/.*\//, "", pid); next
}
{
  at = index($0, " -> "); if (!at) next
  to = substr($0, at + 4)
  if (to ~ /^\/[A-Za-z0-9_.\/@:+-]+\.log[A-Za-z0-9_.-]*( \(deleted\))?$/ && !seen[pid, to]++)
    print "open\t" pid "\t" NAME[pid] "\t" to
}
"""

SCRIPT = f"""{ROOT}export LC_ALL=C
set --
for file in {PLACES}; do
  [ -f "$file" ] && set -- "$@" "$file"
done
[ $# = 0 ] || stat -L -c 'log	%s	%Y	%n' "$@" 2>/dev/null | head -n 500
pids=$(ps -e -ww -o pid=,args= | awk {awk(PROGRAM, _SERVICES)}) || exit 1
[ -n "$pids" ] || exit 0
set --
for pid in $(printf '%s\\n' "$pids" | cut -f 1); do
  [ -d "$root/proc/$pid/fd" ] && [ -r "$root/proc/$pid/fd" ] && set -- "$@" "$root/proc/$pid/fd"
done
[ $# -gt 0 ] || {{ echo 'may not see which files the services have open' >&2; exit 1; }}
# ls names a directory only beside another one
{{ printf '%s\\n' "$pids"; ls -l "$@" "$1" 2>/dev/null; }} | awk {awk(_OPEN)}
:
"""


@source(
    HostQuestion(
        name="log_files",
        script=SCRIPT,
        asked="stat -c '%s %Y %n' LOGS; ls -l /proc/PID/fd of each service",
        limit=500_000,
    ),
    LogFile,
    OpenLog,
)
def log_files(answer: Answer) -> Iterator[LogFile | OpenLog]:
    for line in lines(answer.text):
        kind, *row = fields(line, 4)
        if kind == "log":
            size, at, path = row[0], row[1], row[2]
            yield LogFile(
                source=answer.source,
                service=service_of_file(path),
                file=path,
                size_bytes=whole(size),
                written_at=at_epoch(whole(at)),
            )
        elif kind == "open":
            pid, program, path = row[0], row[1], row[2]
            name = path.removesuffix(_DELETED)
            yield OpenLog(
                source=answer.source,
                service=canonical(program) or program,
                pid=whole(pid),
                file=name,
                deleted=name != path,
            )
        else:
            raise ValueError(f"neither a log nor an open one: {line[:80]}")

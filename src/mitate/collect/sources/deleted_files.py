"""Libraries that the services' processes have loaded and that are no longer on the disk: replaced, or gone.

An upgraded library is used from the next start on; until then the process runs with the old one. Virtual
machines are left out: they cannot be started anew. Fields between tabs: pid, command line (redacted), path.

>>> from mitate.collect.sources._sample import told
>>> told(deleted_files, "95\\t/usr/sbin/libvirtd\\t/usr/lib/x86_64-linux-gnu/libssl.so.3\\n")
DeletedFile service=libvirtd pid=95 path=/usr/lib/x86_64-linux-gnu/libssl.so.3
"""

from __future__ import annotations

from collections.abc import Iterator

from mitate.collect.question import Answer, HostQuestion, source
from mitate.collect.sources._shell import PROGRAM, ROOT, TAME, URL, awk
from mitate.collect.sources._text import fields, lines, whole
from mitate.model.change import DeletedFile
from mitate.model.recognise import service_of_command

MAPS = r"""
{
  pid = $1; line = $0; sub(/^ *[0-9]+ +/, "", line); w = program(line)
  if (!openstack(w) && w !~ BELOW) next
  file = PROC "/" pid "/maps"; n = 0
  while (n < 20 && (getline map < file) > 0)
    if (map ~ /\.so[0-9.]* \(deleted\)$/) {
      path = map; sub(/ \(deleted\)$/, "", path); sub(/^[^\/]*/, "", path)
      if (path ~ /^\/[A-Za-z0-9_.\/+-]+$/ && !seen[pid, path]++) { n++; print pid "\t" tame(line) "\t" path }
    }
  close(file)
}
BEGIN { BELOW = "^(libvirtd|virt[a-z]+d|ovs-vswitchd|ovsdb-server|ovn-controller|mariadbd|beam.smp)$" }
"""

SCRIPT = f"""{ROOT}export LC_ALL=C
all=$(ps -e -ww -o pid=,args=) || exit 1
printf '%s\\n' "$all" | awk -v PROC="$root/proc" {awk(URL, TAME, PROGRAM, MAPS)}
"""


@source(
    HostQuestion(
        name="deleted_files",
        script=SCRIPT,
        asked="grep -h '[.]so.*(deleted)' /proc/PID/maps",
        limit=300_000,
    ),
    DeletedFile,
)
def deleted_files(answer: Answer) -> Iterator[DeletedFile]:
    for line in lines(answer.text):
        pid, command, path = fields(line, 3)[:3]
        yield DeletedFile(
            source=answer.source, service=service_of_command(command), pid=whole(pid), path=path
        )

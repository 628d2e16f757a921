"""The guests that libvirt knows, from its own state files: nothing has to run, and nothing is started.

Of the files only name, UUID, state and interface names leave the host. A guest that is said to run while its
process is gone has crashed.

>>> from mitate.collect.sources._sample import told
>>> told(domains, "8fd71303-f915-4cbc-bc8f-70ed05ab1dfe\\tinstance-00000001\\trunning\\ttapdece6489-0c\\n")
Domain uuid=8fd71303-f915-4cbc-bc8f-70ed05ab1dfe name=instance-00000001 state=running taps=('tapdece6489-0c',)
"""

from __future__ import annotations

from collections.abc import Iterator

from mitate.collect.question import Answer, HostQuestion, source
from mitate.collect.sources._shell import ROOT, awk
from mitate.collect.sources._text import fields, lines
from mitate.model.host import Domain

# /run/libvirt/qemu/NAME.xml: what runs, with <domstatus>; /etc/libvirt/qemu/NAME.xml: what is defined.
READ = r"""
FNR == 1 { tell(); inside = 0; state = "shut off"; name = uuid = taps = pid = "" }
/<domstatus / { state = value("state"); pid = value("pid") }
/<interface / { inside = 1 }
/<\/interface>/ { inside = 0 }
inside && /<target / { taps = taps " " value("dev") }
/^ *<name>/ && name == "" { name = text() }
/^ *<uuid>/ && uuid == "" { uuid = text() }
END { tell() }
function value(key,   v) {
  if (!match($0, " " key "=[\"\047][^\"\047]*")) return ""
  v = substr($0, RSTART, RLENGTH); sub(/^[^"\047]*["\047]/, "", v)
  return v
}
function text(   v) { v = $0; gsub(/<[^>]*>|^ +| +$/, "", v); return v }
function tell(   line) {
  if (uuid !~ /^[0-9a-f-]+$/ || uuid in told) return
  told[uuid] = 1
  if (pid != "" && PROC != "" && (getline line < (PROC "/" pid "/stat")) <= 0) state = "crashed"
  if (pid != "") close(PROC "/" pid "/stat")
  if (name !~ /^[A-Za-z0-9_.:+-]+$/) name = "?"
  if (taps !~ /^[A-Za-z0-9_.: -]*$/) taps = ""
  print uuid "\t" name "\t" state "\t" substr(taps, 2)
}
"""

# Where libvirt runs in a container, its files are below that container's root, and its guests' pids its own.
SCRIPT = rf"""{ROOT}export LC_ALL=C
look() {{
  set --
  for file in "$here"/run/libvirt/qemu/*.xml "$here"/etc/libvirt/qemu/*.xml \
    "$here"/var/snap/openstack-hypervisor/common/run/libvirt/qemu/*.xml; do
    [ -f "$file" ] && [ -r "$file" ] && set -- "$@" "$file"
  done
  [ $# = 0 ] || awk -v PROC="$here/proc" {awk(READ)} "$@"
}}
here=$root
{{
  look
  for pid in $(ps -e -o pid=,comm= | awk '$2 ~ /^(libvirtd|virtqemud)$/ {{ print $1 }}'); do
    here=$root/proc/$pid/root
    [ "$here/run/libvirt" -ef "$root/run/libvirt" ] || look
  done
}} | awk -F '\t' '!seen[$1]++'
"""


@source(
    HostQuestion(name="domains", script=SCRIPT, asked="virsh -r list --all; virsh -r domiflist DOMAIN"),
    Domain,
)
def domains(answer: Answer) -> Iterator[Domain]:
    for line in lines(answer.text):
        uuid, name, state, taps = (*fields(line, 3), "")[:4]
        yield Domain(source=answer.source, uuid=uuid, name=name, state=state, taps=tuple(taps.split()))

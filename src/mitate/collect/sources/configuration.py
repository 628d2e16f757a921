"""The configuration files that services really use, option by option, secrets left at the host.

A service's files come from the command line of its process, read through its own root, so that containers
work alike; without such options, and for enabled units that do not run, from where oslo.config looks.

Fields between tabs. process: pid, command. unit: name. uses: file (of the process or unit before it).
file: path. Then its options: line, section, name, ``=`` (kept), ``*`` (redacted) or ``-`` (blank), value.

>>> from mitate.collect.sources._sample import told
>>> told(configuration, "process\\t95\\t/usr/bin/python3 /usr/bin/nova-compute\\n"
...     "uses\\t/etc/nova/nova.conf\\nfile\\t/etc/nova/nova.conf\\n2\\tDEFAULT\\tmy_ip\\t=\\t10.0.0.21\\n"
...     "5\\tDEFAULT\\ttransport_url\\t=\\trabbit://***@controller:5672/\\n"
...     "54\\tkeystone_authtoken\\tpassword\\t*\\t\\n")
ConfigOption service=nova-compute file=/etc/nova/nova.conf section=DEFAULT name=my_ip value=10.0.0.21 \
redacted=False blank=False line=2
ConfigOption service=nova-compute file=/etc/nova/nova.conf section=DEFAULT name=transport_url \
value=rabbit://***@controller:5672/ redacted=False blank=False line=5
ConfigOption service=nova-compute file=/etc/nova/nova.conf section=keystone_authtoken name=password \
redacted=True blank=False line=54
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from mitate.collect.question import Answer, HostQuestion, SosRoot, source
from mitate.collect.sources._files import FILES
from mitate.collect.sources._options import KEEP
from mitate.collect.sources._shell import ROOT, URL, awk, run_awk
from mitate.collect.sources._text import fields, lines, whole
from mitate.model.errors import CannotSee
from mitate.model.host import ConfigOption
from mitate.model.recognise import service_of_command, service_of_unit
from mitate.model.services import BY_NAME

# oslo.config's rules: a line that starts with a space goes on with the value before; = or : after the name.
# A file is announced by its name in the arguments, or by a line that starts with the byte 1.
OPTIONS = (
    r"""
function file(path) { tell(); section = "DEFAULT"; first = NR - 1; kept = 0; print "file\t" path }
FNR == 1 && FILENAME != "" && FILENAME != "-" { file(FILENAME) }
/^\001/ { file(substr($0, 2)); first = NR; next }
{ sub(/\r$/, "") }
/^[ \t]*$/ { tell(); next }
/^[ \t]/ {
  if (name != "") { sub(/^[ \t]+/, ""); sub(/[ \t]+$/, ""); value = value (value == "" ? "" : " ") $0 }
  next
}
{ tell() }
/^\[/ {
  section = $0; sub(/^\[/, "", section); sub(/\].*/, "", section)
  if (section !~ /^[A-Za-z0-9_.:@-]+$/ || length(section) > 64) section = "?"
  next
}
/^[#;]/ || !/[=:]/ { next }
{
  name = $0; sub(/[=:].*/, "", name); gsub(/[ \t]+$/, "", name)
  value = substr($0, length(name) + 1); sub(/^[ \t]*[=:][ \t]*/, "", value); sub(/[ \t]+$/, "", value)
  number = NR - first
}
END { tell() }
function tell(   flag) {
  # What was read of an option, now that nothing more belongs to it.
  if (name == "") return
  if (name !~ /^[a-z]+[0-9]?(_[a-z0-9]+)*$/ || length(name) > 48) { name = ""; return }
  if (value == "") flag = "-"
  else if (!(name in KEEP) || length(value) > 800) { flag = "*"; value = "" }
  else {
    flag = "="; value = name ~ /^(pci_)?alias$/ ? names(value) : kind(value)
    if (index(value, MARK)) { flag = "*"; value = "" }
  }
  print number "\t" section "\t" name "\t" flag "\t" value
  name = ""
}
function names(v,   one, out) {
  # Of a JSON object or a list of them: what each is called.
  out = ""
  while (match(v, /["\047]name["\047][ \t]*:[ \t]*["\047][A-Za-z0-9_.-]+["\047]/)) {
    one = substr(v, RSTART, RLENGTH - 1); v = substr(v, RSTART + RLENGTH)
    sub(/.*["\047]/, "", one); out = out (out == "" ? "" : ",") one
  }
  return out == "" ? MARK : out
}
function kind(v) {
  # Words of names and lists may hold spaces; a URL stands alone.
  if (v ~ /:\/\//) return v ~ /[ \t]/ ? MARK : url(v)
  return v ~ /^[][A-Za-z0-9_.,:\/%$(){}|*+= -]*$/ ? v : MARK
}
BEGIN { n = split("OPTIONS", o, " "); for (i = 1; i <= n; i++) KEEP[o[i]] = 1 }
"""
).replace("OPTIONS", " ".join(sorted(KEEP)))

SCRIPT = f"""{ROOT}export LC_ALL=C
{FILES}
found=$(files) || exit 1
printf '%s\\n' "$found"
set -f; IFS='
'
set -- $(printf '%s\\n' "$found" | awk -F '\\t' '$1 == "uses" && !seen[$2]++ {{print $2}}')
[ $# = 0 ] || awk {awk(URL, OPTIONS)} "$@"
"""


def _sosreport(root: SosRoot) -> str:
    """Every configuration file below etc/PROJECT; a sosreport tells no command line for sure."""
    found = root.files("etc/*/*.conf", "etc/*/*.ini", "etc/neutron/plugins/*/*.ini")
    parts = []
    for path, text in found:
        service = re.sub(r"\.(conf|ini)$", "", path.rpartition("/")[2])
        agent = f"neutron-{service.replace('_', '-')}"
        name = service_of_unit(service) or (agent if agent in BY_NAME else path.split("/")[1])
        parts.append((name, f"/{path}", text))
    if not parts:
        raise CannotSee("the sosreport has no configuration of OpenStack", "absent")
    told = "".join(f"unit\t{name}\nuses\t{path}\n" for name, path, _ in parts)
    return told + run_awk("".join(f"\001{path}\n{text.rstrip()}\n" for _, path, text in parts), URL, OPTIONS)


@source(
    HostQuestion(
        name="configuration",
        script=SCRIPT,
        asked="cat the files that /proc/PID/cmdline names with --config-file and --config-dir",
    ),
    ConfigOption,
    sosreport=_sosreport,
)
def configuration(answer: Answer) -> Iterator[ConfigOption]:
    users: dict[str, list[str]] = {}
    service = here = ""
    for line in lines(answer.text):
        row = fields(line, 2)
        if row[0] == "process":
            service = service_of_command(fields(line, 3)[2])
        elif row[0] == "unit":
            service = service_of_unit(row[1]) or row[1]
        elif row[0] == "uses":
            known = users.setdefault(row[1], [])
            if service and service not in known:
                known.append(service)
        elif row[0] == "file":
            here = row[1]
        else:
            number, section, name, flag, value = (*fields(line, 4), "")[:5]
            if not here or flag not in ("=", "*", "-"):
                raise ValueError(f"not an option: {line[:80]}")
            for user in users.get(here, ()):
                yield ConfigOption(
                    source=answer.source,
                    service=user,
                    file=re.sub(r"^/proc/\d+/root(?=/)", "", here),
                    section=section,
                    name=name,
                    value=value if flag == "=" else "",
                    redacted=flag == "*",
                    blank=flag == "-",
                    line=whole(number),
                )

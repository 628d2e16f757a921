"""The configuration files that services really use, option by option, secrets left at the host.

A service's files come from the command line of its process, read through its own root, so that containers
work alike; without such options, and for enabled units that do not run, from where oslo.config looks.

Fields between tabs. process: pid, command. unit: name. uses: file (of the process or unit before it), in the
order in which the service reads them. file: path. Then its options: line, section, name, ``=`` (kept), ``*``
(redacted) or ``-`` (blank), value, and where the value is not told whole: the number of its digest, and the
number of the digest of the same without the host's own name and addresses, where it holds any. names: a file
that the option before it names. changed: when a file was, path. keyed: which key. digest: number, digest.

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
>>> told(configuration, "process\\t95\\t/usr/bin/python3 /usr/bin/nova-compute\\n"
...     "uses\\t/etc/nova/nova.conf\\nfile\\t/etc/nova/nova.conf\\n3\\tglance\\tpassword\\t*\\t\\t1\\n"
...     "changed\\t1795361400\\t/etc/nova/nova.conf\\nkeyed\\t5d41402a\\ndigest\\t1\\t2fd4e1c6\\n")
ConfigFile service=nova-compute path=/etc/nova/nova.conf position=0 \
changed_at=2026-11-22 15:30:00+00:00 key=5d41402a
ConfigOption service=nova-compute file=/etc/nova/nova.conf section=glance name=password redacted=True \
blank=False line=3 digest=2fd4e1c6
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime

from mitate.collect.question import Answer, HostQuestion, SosRoot, source
from mitate.collect.sources._files import FILES
from mitate.collect.sources._keyed import KEYED, MOST
from mitate.collect.sources._options import KEEP
from mitate.collect.sources._shell import ROOT, URL, awk, run_awk
from mitate.collect.sources._text import at_epoch, fields, lines, whole
from mitate.model.errors import CannotSee
from mitate.model.host import ConfigFile, ConfigOption
from mitate.model.recognise import service_of_command, service_of_unit
from mitate.model.services import BY_NAME

# oslo.config's rules: a line that starts with a space goes on with the value before; = or : after the name.
# A file is announced by its name in the arguments, or by a line that starts with the byte 1.
OPTIONS = (
    r"""
function file(path) {
  tell(); section = "DEFAULT"; first = NR - 1; print "file\t" path
  base = match(path, /^.*\/proc\/[0-9]+\/root\//) ? substr(path, 1, RLENGTH - 1) : ROOT
}
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
function tell(   flag, raw) {
  # What was read of an option, now that nothing more belongs to it.
  if (name == "") return
  if (name !~ /^[a-z]+[0-9]?(_[a-z0-9]+)*$/ || length(name) > 48) { name = ""; return }
  if (value ~ /^".*"$|^\047.*\047$/ && length(value) > 1) value = substr(value, 2, length(value) - 2)
  raw = value
  if (value == "") flag = "-"
  else if (tolower(value) ~ /^(true|false|yes|no|on|off)$/) flag = "="
  else if (!(name in KEEP) || length(value) > 800) { flag = "*"; value = "" }
  else {
    flag = "="; value = name ~ /^(pci_)?alias$/ ? names(value) : kind(value)
    if (index(value, MARK)) { flag = "*"; value = "" }
  }
  print number "\t" section "\t" name "\t" flag "\t" value (raw == value ? "" : digests(raw))
  if (raw ~ /^\/[A-Za-z0-9_.\/-]+$/ && name ~ /(^|_)((cert|key|ca)?_?file|cert|ca_certs|paste_config|key)$/)
    print "names\t" base raw
  name = ""
}
function digests(raw,   own) {
  own = without(raw)
  return "\t" number_of(raw) "\t" (own == raw ? "" : number_of(own))
}
function number_of(v) {
  # A line that begins with the byte 2 goes no further than to ``keyed``.
  if (!(v in NUMBER) && numbers < MOST) { NUMBER[v] = ++numbers; print "\002" v }
  return NUMBER[v]
}
function without(v,   n, word, i, at, out, before, after) {
  # The value with a mark in place of each name or address of this host that stands in it as a word.
  n = split(OWN, word, " ")
  for (i = 1; i <= n; i++) {
    out = ""
    while ((at = index(v, word[i]))) {
      before = at > 1 ? substr(v, at - 1, 1) : ""; after = substr(v, at + length(word[i]), 1)
      out = out substr(v, 1, at - 1) (before after ~ /[A-Za-z0-9_.-]/ ? word[i] : "\003")
      v = substr(v, at + length(word[i]))
    }
    v = out v
  }
  return v
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
{FILES}{KEYED}
found=$(files) || exit 1
printf '%s\\n' "$found"
set -f; IFS='
'
set -- $(printf '%s\\n' "$found" | awk -F '\\t' '$1 == "uses" && !seen[$2]++ {{print $2}}')
[ $# = 0 ] && exit 0
own=$(uname -n; ip -o addr 2>/dev/null | awk '{{ sub(/\\/.*/, "", $4); print $4 }}')
own=$(printf '%s\\n' "$own" | awk 'length($0) > 2 && !/^(127|::1|fe80)/ {{ printf "%s ", $0 }}')
told=$(awk -v MOST={MOST} -v ROOT="$root" -v OWN="$own" {awk(URL, OPTIONS)} "$@") || exit 1
printf '%s\\n' "$told" | awk '!/^\\002/'
set -- "$@" $(printf '%s\\n' "$told" | awk -F '\\t' '$1 == "names" && !seen[$2]++ {{print $2}}')
stat -L -c 'changed	%Y	%n' "$@" 2>/dev/null
printf '%s\\n' "$told" | awk '/^\\002/ {{ print substr($0, 2) }}' | keyed
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


class _Told:
    """What the lines of one answer tell, gathered until all are read: digests come last."""

    def __init__(self, answer: Answer) -> None:
        self._source = answer.source
        self._users: dict[str, list[str]] = {}
        self._positions: dict[tuple[str, str], int] = {}
        self._options: list[tuple[str, list[str]]] = []
        self._named: dict[str, list[tuple[str, str, str]]] = {}
        self._changed: dict[str, datetime] = {}
        self._digests: dict[str, str] = {}
        self._key = self._service = self._here = ""

    def read(self, line: str) -> None:
        row = fields(line, 2)
        if row[0] == "process":
            self._service = service_of_command(fields(line, 3)[2])
        elif row[0] == "unit":
            self._service = service_of_unit(row[1]) or row[1]
        elif row[0] == "uses":
            self._uses(row[1])
        elif row[0] == "file":
            self._here = row[1]
        elif row[0] == "names":
            name, section = (self._options[-1][1][2], self._options[-1][1][1]) if self._options else ("", "")
            self._named.setdefault(row[1], []).append((self._here, section, name))
        elif row[0] == "changed":
            self._changed[fields(line, 3)[2]] = at_epoch(whole(row[1]))
        elif row[0] == "keyed":
            self._key = row[1][:8]
        elif row[0] == "digest":
            self._digests[row[1]] = fields(line, 3)[2][:32]
        else:
            if not self._here or len(row) < 4 or row[3] not in ("=", "*", "-"):
                raise ValueError(f"not an option: {line[:80]}")
            self._options.append((self._here, row))

    def _uses(self, path: str) -> None:
        known = self._users.setdefault(path, [])
        if self._service and self._service not in known:
            known.append(self._service)
            count = sum(service == self._service for service, _ in self._positions)
            self._positions[self._service, path] = count

    def files(self) -> Iterator[ConfigFile]:
        """None of an answer that tells no times: it is of an older mitate, or of a sosreport."""
        for (service, path), position in self._positions.items():
            if path in self._changed:
                yield ConfigFile(
                    source=self._source,
                    service=service,
                    path=_plain(path),
                    position=position,
                    changed_at=self._changed[path],
                    key=self._key,
                )
        for path, places in self._named.items():
            users = {user: place for place in places for user in self._users.get(place[0], ())}
            for user, (file, section, name) in users.items() if path in self._changed else ():
                yield ConfigFile(
                    source=self._source,
                    service=user,
                    path=_plain(path),
                    changed_at=self._changed[path],
                    named_by=f"[{section}] {name} of {_plain(file)}",
                )

    def options(self) -> Iterator[ConfigOption]:
        for here, row in self._options:
            number, section, name, flag, value, digest, own = (*row, "", "", "")[:7]
            for user in self._users.get(here, ()):
                yield ConfigOption(
                    source=self._source,
                    service=user,
                    file=_plain(here),
                    section=section,
                    name=name,
                    value=value if flag == "=" else "",
                    redacted=flag == "*",
                    blank=flag == "-",
                    line=whole(number),
                    digest=self._digests.get(digest, ""),
                    digest_but_own=self._digests.get(own, ""),
                )


def _plain(path: str) -> str:
    """As the service calls it: without the root of its container."""
    return re.sub(r"^/proc/\d+/root(?=/)", "", path)


@source(
    HostQuestion(
        name="configuration",
        script=SCRIPT,
        asked="cat the files that /proc/PID/cmdline names with --config-file and --config-dir",
        keyed=True,
    ),
    ConfigFile,
    ConfigOption,
    sosreport=_sosreport,
)
def configuration(answer: Answer) -> Iterator[ConfigFile | ConfigOption]:
    told = _Told(answer)
    for line in lines(answer.text):
        told.read(line)
    yield from told.files()
    yield from told.options()

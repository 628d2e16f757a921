"""The log files of a host's OpenStack services: finding them (sh), their lines without what they may hide
(awk), and reading what came of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone

import msgspec

from mitate.collect.sources._files import FILES
from mitate.collect.sources._shell import ROOT
from mitate.collect.sources._text import at_epoch, fields, lines
from mitate.model.recognise import PROJECTS, canonical, service_of_unit

# Lines of a log: "2026-11-22 15:32:01.453 95 ERROR logger [context] message" (oslo.log's default), the same
# without time and process under DevStack, behind "1795361521.4 host name[pid]: " in the journal.
_READ = r"""
FILENAME != "" && FILENAME != "-" { if (FILENAME ~ /\/hosts$/) host($0); else learn($0); next }
/^\001/ { file = substr($0, 2); stderr = sub(/^stderr:/, "journal:", file); print "file\t" file; next }
{
  line = $0; at = "-"
  gsub(/\033\[[0-9;]*[A-Za-z]/, "", line)
  if (file ~ /^journal:/) {
    if (line !~ /^[0-9]+\.[0-9]+ [^ ]+ [^ ]+: /) next
    at = $1; who = $3; sub(/\[[0-9]+\]:$|:$/, "", who); sub(/^[^ ]+ [^ ]+ [^ ]+ /, "", line)
    if (!stderr && "journal:" who != file && who ~ /^[A-Za-z0-9_.@-]+$/)
      print "file\t" (file = "journal:" who)
  }
  if (match(line, /^[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9][ T][0-9:.,]+ [0-9]+ /)) {
    if (at == "-") { at = substr(line, 1, RLENGTH - 1); sub(/ [0-9]+$/, "", at) }
    line = substr(line, RLENGTH + 1)
  }
  if (!match(line, /^(LEVELS) [A-Za-z0-9_.-]+ /)) {
    if (stderr && line ~ /[Ee]rror|[Ee]xception|[Ff]ail|[Ii]nvalid|No such|refused/ && line !~ /^ /)
      print at "\tERROR\tstderr\t\t" tell(line)
    next
  }
  split(substr(line, 1, RLENGTH), f, " "); line = substr(line, RLENGTH + 1); request = ""
  if (match(line, /^\[[^]]*\] ?/)) {
    context = substr(line, 1, RLENGTH)
    if (context !~ /^\[instance:/) line = substr(line, RLENGTH + 1)
    if (match(context, /req-[0-9a-f-]+/)) request = substr(context, RSTART, RLENGTH)
  }
  message = line; sub(/^\[instance: [0-9a-f-]*\] ?/, "", message)
  if (message ~ /^( |Traceback \(|\^|$|During handling of|The above exception|\(Background on)/) next
  print at "\t" f[1] "\t" f[2] "\t" request "\t" tell(line)
}
"""


def reading(levels: str) -> str:
    """awk: the lines of some levels (``WARNING|ERROR``); needs URL, WORDS and SECRETS."""
    return _READ.replace("LEVELS", levels)


PLACES = " ".join(
    [
        *(f'"$root"/var/log/{project}/*.log' for project in PROJECTS),
        '"$root"/var/log/kolla/*/*.log',
        '"$root"/var/lib/docker/volumes/kolla_logs/_data/*/*.log',
        '"$root"/var/lib/containers/storage/volumes/kolla_logs/_data/*/*.log',
        '"$root"/var/log/containers/*/*.log',
        '"$root"/var/snap/openstack-hypervisor/common/log/*.log',
        '"$root"/var/snap/openstack-hypervisor/common/log/*/*.log',
    ]
)


_MORE = " ".join(
    f'"$root"/var/log/{name}'
    for name in (
        "openvswitch/*.log",
        "ovn/*.log",
        "libvirt/*.log",
        "apache2/*access.log",
        "httpd/*access_log",
    )
)


def newest(
    pattern: str = "*", rotated: bool = False, since: str = "$(($(date +%s) - 604800))", more: bool = False
) -> str:
    """sh: sets ``newest`` to the log files of a week, at most sixty, the newest first, and ``secrets`` to the
    files that hold what must not be told. pattern: of their names. rotated: the ones before, too. since: in
    place of a week, in seconds since 1970. more: also what services lean on, and web servers.
    """
    places = PLACES + (f" {_MORE}" if more else "")
    if rotated:
        places += " " + PLACES.replace("*.log", "*.log.1")
    if more:
        places += " " + PLACES.replace("*.log", "*.log.*.gz")
    return f"""{ROOT}export LC_ALL=C
{FILES}
printf 'zone\\t%s\\n' "$(date +%z)"
found=$(files) || exit 1
secrets=$(printf '%s\\n' "$found" | awk -F '\\t' '$1 == "uses" && !seen[$2]++ {{print $2}}')
[ -r "$root/etc/hosts" ] && secrets="$secrets $root/etc/hosts"
# Files of processes that have a root of their own, or that were named on the command line
named=$(printf '%s\\n' "$found" | awk -F '\\t' -v root="$root" '$1 == "process" {{
  n = split($3, t, /[ ()]+/)
  for (i = 1; i <= n; i++) if (t[i] ~ /^--log-?file=\\/[A-Za-z0-9_.\\/-]+$/) {{
    sub(/^[^=]*=/, "", t[i]); print root "/proc/" $2 "/root" t[i]
  }}
}}')
set --
for file in {places} $named; do
  case ${{file##*/}} in {pattern}) ;; *) continue ;; esac
  [ -f "$file" ] && [ -s "$file" ] && [ -r "$file" ] && set -- "$@" "$file"
done
newest=
[ $# = 0 ] || newest=$(stat -L -c '%d:%i %Y %n' "$@" 2>/dev/null | awk -v week="{since}" '
  $2 > week && !seen[$1]++ {{ print $2, $3 }}' | sort -rn | awk 'NR <= 60 {{ print $2 }}')
"""


class Line(msgspec.Struct, frozen=True):
    """One line of a log. service: by the name of its file. at: None when its time was not understood."""

    service: str
    file: str
    at: datetime | None
    level: str
    logger: str
    request: str
    message: str


def said(text: str) -> Iterator[Line]:
    """The lines of an answer: fields between tabs, as ``reading`` prints them."""
    zone = UTC
    path = service = ""
    for line in lines(text):
        row = fields(line, 2)
        if row[0] == "zone":
            zone = zone_of(row[1])
        elif row[0] == "file":
            path = re.sub(r"^/proc/\d+/root(?=/)", "", row[1])
            service = service_of_file(path)
        else:
            at, level, logger, request, message = fields(line, 5)[:5]
            if not path:
                raise ValueError("a line of no file")
            yield Line(service, path, _time(at, zone), level, logger, request, message)


def zone_of(text: str) -> timezone:
    found = re.fullmatch(r"([+-])(\d\d)(\d\d)", text.strip())
    if not found or int(found[2]) > 23:
        raise ValueError(f"not a zone: {text[:20]}")
    offset = timedelta(hours=int(found[2]), minutes=int(found[3]))
    return timezone(offset if found[1] == "+" else -offset)


def _time(text: str, zone: timezone) -> datetime | None:
    if re.fullmatch(r"\d{1,11}\.\d{1,9}", text):
        return at_epoch(float(text))
    try:
        at = datetime.fromisoformat(text.replace(",", "."))
        return (at if at.tzinfo else at.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def service_of_file(path: str) -> str:
    """By the file's name, and its directory's: nova/nova-compute.log, glance/api.log."""
    if path.startswith("journal:"):
        return service_of_unit(path.removeprefix("journal:"))
    directory, _, name = re.sub(r"\.log(\.\d+(\.gz)?)?$", "", path).rpartition("/")
    project = directory.rpartition("/")[2]
    if name.startswith("privsep"):
        return ""
    return canonical(name) or canonical(f"{project}-{name}")

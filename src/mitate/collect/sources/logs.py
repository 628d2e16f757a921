"""The last warnings and errors of each service's own log; of the journal where a service has no file.

At most 200 lines from the last megabyte of each file, no traceback but for its last line, messages redacted.

Fields between tabs. zone: the host's offset from UTC. file: path, or ``journal:NAME``. Then: time (local, or
seconds since 1970), level, logger, request id, message.

>>> from mitate.collect.sources._sample import told
>>> told(logs, "zone\\t+0100\\nfile\\t/var/log/nova/nova-compute.log\\n2026-11-22 16:32:01.453\\tERROR\\t"
...     "oslo.messaging._drivers.impl_rabbit\\t\\tAMQP server on controller:5672 is unreachable\\n")
LogLine service=nova-compute file=/var/log/nova/nova-compute.log at=2026-11-22 15:32:01.453000+00:00 \
level=ERROR logger=oslo.messaging._drivers.impl_rabbit message=AMQP server on controller:5672 is unreachable
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone

from mitate.collect.question import Answer, HostQuestion, SosRoot, source
from mitate.collect.sources._files import FILES
from mitate.collect.sources._shell import PROGRAM, ROOT, URL, awk, run_awk
from mitate.collect.sources._text import at_epoch, fields, lines
from mitate.collect.sources._words import SECRETS, WORDS
from mitate.model.errors import CannotSee
from mitate.model.host import LogLine
from mitate.model.recognise import PROJECTS, canonical, service_of_unit

LEVELS = "WARNING|ERROR|CRITICAL|TRACE"

# Lines of a log: "2026-11-22 15:32:01.453 95 ERROR logger [context] message" (oslo.log's default), the same
# without time and process under DevStack, behind "1795361521.4 host name[pid]: " in the journal.
READ = (
    r"""
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
).replace("LEVELS", LEVELS)

_PLACES = " ".join(
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

SCRIPT = f"""{ROOT}export LC_ALL=C
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
for file in {_PLACES} $named; do
  [ -f "$file" ] && [ -s "$file" ] && [ -r "$file" ] && set -- "$@" "$file"
done
newest=
[ $# = 0 ] || newest=$(stat -L -c '%d:%i %Y %n' "$@" 2>/dev/null | awk -v week="$(($(date +%s) - 604800))" '
  $2 > week && !seen[$1]++ {{ print $2, $3 }}' | sort -rn | awk 'NR <= 60 {{ print $2 }}')
{{
  for file in $newest; do
    printf '\\001%s\\n' "$file"
    tail -c 1000000 "$file" | grep -aE '^[0-9T:., -]+ ({LEVELS}) ' | tail -n 200
  done
  if [ -z "$newest" ] && command -v journalctl >/dev/null; then
    echo '\001journal:'
    journalctl -q -a --no-pager -o short-unix --since -15min -n 20000 2>/dev/null |
      grep -aE '\\]: .*({LEVELS}).* [A-Za-z_.]+ ' | tail -n 1000
  fi
  # Why a unit does not stay up is said on its standard error, before it has a log.
  command -v systemctl >/dev/null &&
    systemctl list-units --no-legend --no-pager --plain --state=failed,auto-restart '*.service' 2>/dev/null |
    awk {awk(PROGRAM, '{ w = $1; sub(/^openstack-/, "", w); if (openstack(w) && n++ < 6) print $1 }')} |
    while read -r unit; do
      printf '\\001stderr:%s\\n' "$unit"
      journalctl -q -a --no-pager -o short-unix -n 40 -u "$unit" 2>/dev/null
    done
}} | awk {awk(URL, WORDS, SECRETS, READ)} $secrets -
"""


def _sosreport(root: SosRoot) -> str:
    found = root.files("var/log/*/*.log", "var/log/containers/*/*.log", "var/log/kolla/*/*.log")
    zone = "+0000"
    for _, text in root.files("sos_commands/date/date", "date"):
        zone = "+0000" if "UTC" in text else zone
    parts = []
    for path, text in found:
        hits = re.findall(rf"(?m)^[0-9T:., -]+ (?:{LEVELS}) .*$", text[-1_000_000:])
        if hits:
            parts.append(f"\001/{path}\n" + "\n".join(hits[-200:]) + "\n")
    if not found:
        raise CannotSee("the sosreport has no logs of OpenStack", "absent")
    return f"zone\t{zone}\n" + run_awk("".join(parts), URL, WORDS, SECRETS, READ)


@source(
    HostQuestion(
        name="logs",
        script=SCRIPT,
        asked=f"tail -c 1000000 LOG | grep -E '{LEVELS}' | tail -n 200",
        limit=8_000_000,
        timeout_s=20,
    ),
    LogLine,
    sosreport=_sosreport,
)
def logs(answer: Answer) -> Iterator[LogLine]:
    zone = UTC
    path = service = ""
    for line in lines(answer.text):
        row = fields(line, 2)
        if row[0] == "zone":
            zone = _zone(row[1])
        elif row[0] == "file":
            path = re.sub(r"^/proc/\d+/root(?=/)", "", row[1])
            service = _service(path)
        else:
            at, level, logger, request, message = fields(line, 5)[:5]
            if not path:
                raise ValueError("a line of no file")
            yield LogLine(
                source=answer.source,
                service=service,
                file=path,
                at=_time(at, zone),
                level=level,
                logger=logger,
                request_id=request,
                message=message,
            )


def _zone(text: str) -> timezone:
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


def _service(path: str) -> str:
    """By the file's name, and its directory's: nova/nova-compute.log, glance/api.log."""
    if path.startswith("journal:"):
        return service_of_unit(path.removeprefix("journal:"))
    directory, _, name = path.removesuffix(".log").rpartition("/")
    project = directory.rpartition("/")[2]
    if name.startswith("privsep"):
        return ""
    return canonical(name) or canonical(f"{project}-{name}")

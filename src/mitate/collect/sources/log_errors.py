"""What a host's logs tell of trouble: every error with its traceback, and answers of APIs that failed.

Found by ``nice grep`` at the host; of each log at most the last half gigabyte is looked through, and at most
the last 600 hits travel, redacted, without the lines of code of a traceback. looked: bytes that were looked
through. begins: the first line's time. cut: the time of the first hit that is told, where there were more.

Fields between tabs. zone, file: as in ``logs``. Else a line: time, process, level, logger, context (request
ids, user; ``-`` for a line that goes on, as those of a traceback), message.

>>> from mitate.collect.sources._sample import answer
>>> said = ("zone\\t+0000\\nfile\\t/var/log/nova/nova-compute.log\\nlooked\\t4711\\n"
...     "begins\\t2026-11-22 15:30:01.453\\n"
...     "2026-11-22 15:32:01.453\\t95\\tERROR\\tnova.compute.manager\\t[req-1 u p]\\t"
...     "[instance: 8fd71303-f915-4cbc-bc8f-70ed05ab1dfe] Build failed: KeyError\\n"
...     "2026-11-22 15:32:01.453\\t95\\tERROR\\tnova.compute.manager\\t-\\t"
...     "Traceback (most recent call last):\\n"
...     "2026-11-22 15:32:01.453\\t95\\tERROR\\tnova.compute.manager\\t-\\t"
...     '  File "/usr/lib/python3/dist-packages/nova/virt/libvirt/driver.py", line 4711, in spawn\\n'
...     "2026-11-22 15:32:01.453\\t95\\tERROR\\tnova.compute.manager\\t-\\tKeyError: 0\\n")
>>> trouble, looked = log_errors.parse(answer(log_errors, said))
>>> trouble.event.service, trouble.event.request, trouble.event.frames[0].line, trouble.event.exception
('nova-compute', 'req-1', 4711, 'KeyError: 0')
>>> looked.bytes, looked.service, looked.begins
(4711, 'nova-compute', 1795361401.453)
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import msgspec

from mitate.collect.logs.events import Joiner
from mitate.collect.logs.find import LogFile, service_of
from mitate.collect.logs.line import Line
from mitate.collect.logs.plain import into_context, level_of
from mitate.collect.logs.times import seconds
from mitate.collect.question import Answer, HostQuestion, source
from mitate.collect.sources._log_head import HEAD
from mitate.collect.sources._logs import newest
from mitate.collect.sources._shell import URL, awk
from mitate.collect.sources._text import few, fields, lines, whole, whole_or_none
from mitate.collect.sources._words import SECRETS, WORDS
from mitate.model.log_answer import LogLooked, LogTrouble
from mitate.model.recognise import service_of_unit
from mitate.model.source import Fact

LEVELS = "ERROR|CRITICAL|TRACE"
MOST, MOST_OF_ALL, MOST_BYTES = 600, 4000, 500_000_000

_READ = (
    r"""
FILENAME != "" && FILENAME != "-" { if (FILENAME ~ /\/hosts$/) host($0); else learn($0); next }
/^\001/ { cut(); file = substr($0, 2); print "file\t" file; hits = 0; begun = 0; first = ""; next }
/^\002/ { print "looked\t" substr($0, 2); next }
/^\003/ {
  first = substr($0, 2); sub(/[^0-9:., T-].*/, "", first); sub(/ [0-9]* ?$/, "", first)
  if (!begun && first ~ /^([0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9][ T][0-9:.,]+|[0-9]+\.[0-9]+)$/) {
    print "begins\t" first; begun = 1
  }
  first = ""; next
}
END { cut() }
{
  hits++; kind = head()
  if (first == "" && at != "") first = at
  if (writer != "" && writer != file && kind) print "file\t" (file = writer)
  if (kind == 2) uwsgi(line)
  if (kind != 1) next
  if (at ~ /^[0-9][0-9][0-9][0-9]-/ && (substr(at, 1, 19) < SINCE || substr(at, 1, 19) > UNTIL)) next
  if (context != "-") n = 0
  else if (line ~ /^(\[instance: [0-9a-f-]*\] )? +[^ ]/ && line !~ /  File "/) next
  else if (++n > 60) next
  if (level !~ /^(LEVELS)$/) {
    if (!match(line, /"[A-Z]+ [^"]*"[^"]*( 5[0-9][0-9])/)) next
    web(line); next
  }
  print at "\t" pid "\t" level "\t" logger "\t" context "\t" tell(line)
}
# More hits than are told: those before the first one are not here.
function cut() { if (hits >= (file ~ /^journal:/ ? MOST_OF_ALL : MOST) && first != "") print "cut\t" first }
function path(v) { sub(/[?].*/, "", v); return places(v) }
function web(line,   a, status, took) {
  sub(/^[^"]*"/, "", line); split(line, a, /[ "]+/); status = line; sub(/^[^"]*"/, "", status)
  took = ""; if (match(status, /time: [0-9.]+/)) took = " " substr(status, RSTART, RLENGTH)
  match(status, /5[0-9][0-9]/); status = substr(status, RSTART, 3)
  print at "\t" pid "\tINFO\taccess\t" context "\t\"" a[1] " " path(a[2]) "\" status: " status " len: 0" took
}
function uwsgi(line,   a, status) {
  pid = line; sub(/^\[pid: /, "", pid); sub(/\|.*/, "", pid)
  if (!match(line, /\[[A-Z][a-z][a-z] [A-Z][a-z][a-z] [ 0-9:]+\]/)) return
  at = substr(line, RSTART + 1, RLENGTH - 2); split(substr(line, RSTART + RLENGTH + 1), a, " ")
  if (!match(line, /\(HTTP\/[0-9.]+ 5[0-9][0-9]\)/)) return
  status = substr(line, RSTART, RLENGTH - 1); sub(/.* /, "", status)
  print at "\t" pid "\tINFO\taccess\t[-]\t\"" a[1] " " path(a[2]) "\" status: " status " len: 0"
}
""".replace("LEVELS", LEVELS)
    .replace("MOST_OF_ALL", str(MOST_OF_ALL))
    .replace("MOST", str(MOST))
)

_HITS = f"nice grep -aE ' ({LEVELS}) |\\(HTTP/1\\.[01] 5[0-9][0-9]\\)|\" (status: )?5[0-9][0-9] '"

SCRIPT = f"""{newest(rotated=True)}
from=$(date -d "@$since" '+%Y-%m-%d %H:%M:%S' 2>/dev/null) || from=0
to=$(date -d "@$until" '+%Y-%m-%d %H:%M:%S' 2>/dev/null) || to=9
{{
  for file in $newest; do
    written=$(stat -L -c %Y "$file" 2>/dev/null) || continue
    [ "$written" -ge "$since" ] || continue
    size=$(stat -L -c %s "$file")
    [ "$size" -le {MOST_BYTES} ] || size={MOST_BYTES}
    printf '\\001%s\\n\\002%s\\n' "$file" "$size"
    tail -c "$size" "$file" | head -n 5 | awk '{{ print "\003" substr($0, 1, 40) }}'
    tail -c "$size" "$file" | {_HITS} | tail -n {MOST}
  done
  if [ -z "$newest" ] && command -v journalctl >/dev/null; then
    echo '\001journal:'
    journalctl -q -a --no-pager -o short-unix 2>/dev/null | head -n 1 | awk '{{ print "\003" $1 }}'
    journalctl -q -a --no-pager -o short-unix --since "@$since" --until "@$until" 2>/dev/null |
      {_HITS} | tail -n {MOST_OF_ALL}
  fi
}} | awk -v SINCE="$from" -v UNTIL="$to" {awk(URL, WORDS, SECRETS, HEAD, _READ)} $secrets -
"""


@source(
    HostQuestion(
        name="log_errors",
        slots=(("since", "epoch"), ("until", "epoch")),
        script=SCRIPT,
        asked=f"nice grep -E '{LEVELS}' LOG | tail -n {MOST}",
        limit=6_000_000,
        timeout_s=60,
        slow=True,
    ),
    LogTrouble,
    LogLooked,
)
def log_errors(answer: Answer) -> Iterator[Fact]:
    return few(_facts(answer))


def _facts(answer: Answer) -> Iterator[Fact]:
    shift = 0.0
    logs: dict[str, _Log] = {}
    log: _Log | None = None
    for position, text in enumerate(lines(answer.text)):
        row = text.split("\t")
        if row[0] == "zone":
            shift = offset(fields(text, 2)[1])
        elif row[0] == "file":
            path = fields(text, 2)[1]
            if path not in logs:
                logs[path] = _Log(_log(answer.host, path), log)
            log = logs[path]
        elif log is None:
            raise ValueError("a line of no file")
        elif row[0] == "looked":
            log.seen.bytes = whole(fields(text, 2)[1])
        elif row[0] == "begins":
            log.seen.begins = when(fields(text, 2)[1], shift)
        elif row[0] == "cut":
            log.seen.begins, log.seen.cut = when(fields(text, 2)[1], shift), True
        else:
            line = _line(fields(text, 6), shift)
            if line.bare:  # its beginning may be cut off: then it tells nothing
                log.joiner.takes(line)
            elif event := log.joiner.feed(position, line)[1]:
                yield LogTrouble(source=answer.source, event=event)
    for each in logs.values():
        yield from (LogTrouble(source=answer.source, event=event) for event in each.joiner.rest())
        if each.file.name.startswith("journal:") and each.seen.begins is None:
            continue  # there is no journal
        yield LogLooked(
            source=answer.source,
            bytes=each.seen.bytes,
            service=each.file.service,
            file=each.file.name,
            begins=each.seen.begins,
            cut=each.seen.cut,
        )


class _Seen(msgspec.Struct):
    bytes: int = 0
    begins: float | None = None
    cut: bool = False


class _Log:
    """One log, while its lines are read. What programs write into one journal was seen from one time on."""

    def __init__(self, file: LogFile, before: _Log | None) -> None:
        self.file, self.joiner = file, Joiner(file)
        both = before is not None and (before.file.name + file.name).count("journal:") == 2
        self.seen: _Seen = before.seen if before and both else _Seen()


def _log(host: str, path: str) -> LogFile:
    path = re.sub(r"^/proc/\d+/root(?=/)", "", path)
    service = (
        service_of_unit(path.removeprefix("journal:")) if path.startswith("journal:") else service_of(path)
    )
    return LogFile(path=Path(path), name=path, host=host, service=service)


def _line(row: list[str], shift: float) -> Line:
    at, process, level, logger, context, message = row[:6]
    line = Line(
        message if context == "-" else f"{_context(context)}{message}",
        when(at, shift),
        process=whole_or_none(process),
        level=level_of(level),
        logger=logger,
        head=True,
        bare=True,
    )
    into_context(line)
    return line


def when(at: str, shift: float) -> float | None:
    """Seconds since 1970: of the host's own time, but where it is told in them."""
    when = seconds(at)
    local = not at[:1].isdigit() or at[4:5] == "-"
    return when - shift if when is not None and local else when


def _context(text: str) -> str:
    """As oslo.log writes it: ``[-]`` where it holds nothing."""
    return f"{text} " if "req-" in text else "[-] "


def offset(text: str) -> float:
    """Seconds that the host's time is ahead of UTC."""
    found = re.fullmatch(r"([+-])(\d\d)(\d\d)", text.strip())
    if not found:
        raise ValueError(f"not a zone: {text[:20]}")
    ahead = timedelta(hours=int(found[2]), minutes=int(found[3])).total_seconds()
    return ahead if found[1] == "+" else -ahead

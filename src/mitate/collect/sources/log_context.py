"""What processes wrote before and after some events: of each at most five lines on either side, redacted.

Only logs are read in which errors are looked for, too. Fields between tabs. zone: the host's offset from
UTC. example: as it was asked for, LOG=SECONDS=PROCESS (seconds since 1970, with milliseconds; 0 for a process
that is not known). before, after: time, level, logger, message.

>>> from mitate.collect.sources._sample import answer
>>> said = ("zone\\t+0000\\nexample\\t/var/log/nova/nova-compute.log=1795361521.453=95\\n"
...     "before\\t2026-11-22 15:32:01.101\\tINFO\\tnova.compute.claims\\tClaim successful\\n"
...     "after\\t2026-11-22 15:32:02.000\\tINFO\\tnova.compute.manager\\tTook 5 seconds\\n")
>>> (found,) = log_context.parse(answer(log_context, said))
>>> found.before, found.after
(('15:32:01.101 INFO nova.compute.claims Claim successful',), \
('15:32:02.000 INFO nova.compute.manager Took 5 seconds',))
"""

from __future__ import annotations

from collections.abc import Iterator

from mitate.collect.logs.at import AROUND, told
from mitate.collect.logs.line import Line
from mitate.collect.logs.plain import into_context
from mitate.collect.question import Answer, HostQuestion, source
from mitate.collect.sources._log_head import HEAD
from mitate.collect.sources._logs import newest
from mitate.collect.sources._shell import URL, awk
from mitate.collect.sources._text import few, fields, lines, whole
from mitate.collect.sources._words import SECRETS, WORDS
from mitate.collect.sources.log_errors import LEVELS, MOST_BYTES, offset, when
from mitate.model.log_answer import LogAround
from mitate.model.source import Fact

LINES = 400
"""Of a log, before and after the event, among which those of the process are looked for."""

_READ = r"""
FILENAME != "" && FILENAME != "-" { if (FILENAME ~ /\/hosts$/) host($0); else learn($0); next }
/^\001/ {
  print "example\t" substr($0, 2); split(substr($0, 2), asked, "="); file = asked[1]; n = left = 0
  next
}
/^\002/ { stamp = substr($0, 2); next }
left < 0 { next }
{
  if (head() != 1 || (asked[3] && pid != asked[3]) || (file ~ /^journal:/ && writer != file)) next
  goes_on = context == "-" && level ~ /^(LEVELS)$/
  if (!left && substr(at, 1, length(stamp)) == stamp && level ~ /^(LEVELS)$/ && !goes_on) {
    for (i = n > AROUND ? n - AROUND + 1 : 1; i <= n; i++) print "before\t" ring[i % AROUND]
    left = AROUND + 1
  } else if (!goes_on && left) {
    print "after\t" at "\t" level "\t" logger "\t" tell(line)
    if (--left == 1) left = -1
  } else if (!goes_on) ring[++n % AROUND] = at "\t" level "\t" logger "\t" tell(line)
}
""".replace("LEVELS", LEVELS).replace("AROUND", str(AROUND))

SCRIPT = f"""{newest(rotated=True)}
before=$IFS; IFS=,
set -- $examples
IFS=$before
{{
  for each; do
    log=${{each%%=*}}; moment=${{each#*=}}; moment=${{moment%=*}}; second=${{moment%.*}}
    printf '\\001%s\\n' "$each"
    case $log in journal:*)
      command -v journalctl >/dev/null || continue
      printf '\\002%s\\n' "$moment"
      journalctl -q -a --no-pager -o short-unix --since "@$((second - 60))" --until "@$((second + 60))" \\
        2>/dev/null | head -n 20000
      continue ;;
    esac
    stamp=$(date -d "@$second" '+%Y-%m-%d %H:%M:%S' 2>/dev/null) || continue
    stamp=$stamp.${{moment#*.}}
    printf '\\002%s\\n' "$stamp"
    for file in $newest; do
      case ${{file#"$root"}} in "$log" | /proc/*/root"$log") ;; *) continue ;; esac
      tail -c {MOST_BYTES} "$file" | nice grep -a -m 1 -B {LINES} -A {LINES} -e "^$stamp"
      break
    done
  done
}} | awk {awk(URL, WORDS, SECRETS, HEAD, _READ)} $secrets -
"""


@source(
    HostQuestion(
        name="log_context",
        slots=(("examples", "examples"),),
        script=SCRIPT,
        asked=f"nice grep -m 1 -B {LINES} -A {LINES} TIME LOG",
        limit=1_000_000,
        timeout_s=60,
        slow=True,
    ),
    LogAround,
)
def log_context(answer: Answer) -> Iterator[Fact]:
    return few(_facts(answer))


def _facts(answer: Answer) -> Iterator[Fact]:
    shift = 0.0
    log: list[str] = []
    found: dict[str, list[str]] = {"before": [], "after": []}
    for text in (*lines(answer.text), "example"):
        row = text.split("\t")
        if row[0] == "zone":
            shift = offset(fields(text, 2)[1])
        elif row[0] == "example":
            if log:
                yield LogAround(
                    source=answer.source,
                    file=log[0],
                    moment=log[1],
                    process=whole(log[2]),
                    before=tuple(found["before"]),
                    after=tuple(found["after"]),
                )
            found = {"before": [], "after": []}
            log = row[1].split("=") if len(row) > 1 else []
            if log and len(log) != 3:
                raise ValueError("an example that nobody asked for")
        elif row[0] in found and log:
            side, at, level, logger, message = fields(text, 5)[:5]
            line = Line(message)
            into_context(line)
            found[side].append(told(when(at, shift), level, logger, line.message))
        else:
            raise ValueError("a line of no example")

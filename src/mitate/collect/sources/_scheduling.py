"""sh: lines of the logs of Nova's scheduler, conductors and computes that tell how hosts were chosen."""

from __future__ import annotations

from collections.abc import Iterator

from mitate.collect.question import Answer
from mitate.collect.sources._logs import newest, reading, said
from mitate.collect.sources._shell import URL, awk
from mitate.collect.sources._words import SECRETS, WORDS
from mitate.model.placement import SchedulingLine

LEVELS = "DEBUG|INFO|WARNING|ERROR|CRITICAL"
FILES = "*nova-scheduler*|*nova-*conductor*|*nova-compute*"
UNITS = "'*nova-scheduler*' '*nova-*conductor*' '*nova-compute*' 'devstack@n-*'"


def script(pattern: str, files: str, since: str, most: int) -> str:
    """pattern: arguments of grep that choose the lines. files: patterns of the files' names. since: as
    journalctl takes it. most: lines of each file, the last ones.

    At most the last hundred megabytes of a file are read, and gently: a log at level DEBUG may be huge.
    """
    units = " ".join(f"-u {unit}" for unit in UNITS.split())
    return f"""{newest(files, rotated=True)}
{{
  for file in $newest; do
    printf '\\001%s\\n' "$file"
    tail -c 100000000 "$file" | nice grep -a {pattern} | tail -n {most}
  done
  if [ -z "$newest" ] && command -v journalctl >/dev/null; then
    echo '\001journal:'
    journalctl -q -a --no-pager -o short-unix --since {since} -n 200000 {units} 2>/dev/null |
      nice grep -a {pattern} | tail -n {most}
  fi
}} | awk {awk(URL, WORDS, SECRETS, reading(LEVELS))} $secrets -
"""


def lines_of(answer: Answer) -> Iterator[SchedulingLine]:
    for line in said(answer.text):
        yield SchedulingLine(
            source=answer.source,
            service=line.service,
            file=line.file,
            at=line.at,
            level=line.level,
            logger=line.logger,
            request_id=answer.given or line.request,  # a line may name the caller's request first
            message=line.message,
        )

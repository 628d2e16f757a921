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

from mitate.collect.question import Answer, HostQuestion, SosRoot, source
from mitate.collect.sources._logs import newest, reading, said
from mitate.collect.sources._shell import PROGRAM, URL, awk, run_awk
from mitate.collect.sources._words import SECRETS, WORDS
from mitate.model.errors import CannotSee
from mitate.model.host import LogLine

LEVELS = "WARNING|ERROR|CRITICAL|TRACE"

SCRIPT = f"""{newest()}{{
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
}} | awk {awk(URL, WORDS, SECRETS, reading(LEVELS))} $secrets -
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
    return f"zone\t{zone}\n" + run_awk("".join(parts), URL, WORDS, SECRETS, reading(LEVELS))


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
    for line in said(answer.text):
        yield LogLine(
            source=answer.source,
            service=line.service,
            file=line.file,
            at=line.at,
            level=line.level,
            logger=line.logger,
            request_id=line.request,
            message=line.message,
        )

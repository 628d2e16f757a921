"""Whether a daemon keeps the clock, and what it says of it: chrony, ntpd, systemd-timesyncd.

Without any of them the kernel's own word counts as far as it is good news: then "not synchronised" would only
repeat that there is no daemon.

>>> from mitate.collect.sources._sample import told
>>> told(time_sync, '''daemon chronyd
... chrony 0A000001,10.0.0.1,3,1795361521.1,0.000012,0.000034,0.00012,1.2,0.0,0.1,0.001,0.001,64.2,Normal
... ''')
TimeSync daemon=chronyd synchronised=True offset_s=1.2e-05
>>> told(time_sync, "kernel no")
TimeSync
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator

from mitate.collect.question import Answer, HostQuestion, source
from mitate.collect.sources._text import lines
from mitate.model.host import TimeSync

SCRIPT = r"""export LC_ALL=C
running=$(ps -e -o comm=) || exit 1
for daemon in chronyd ntpd ntpsec systemd-timesyn ptp4l phc2sys openntpd; do
  case "
$running
" in *"
$daemon
"*) echo "daemon $daemon" ;; *) continue ;; esac
  case $daemon in
  chronyd) command -v chronyc >/dev/null && printf 'chrony %s\n' "$(timeout 3 chronyc -n -c tracking)" ;;
  ntpd | ntpsec) command -v ntpq >/dev/null && printf 'ntp %s\n' "$(timeout 3 ntpq -c rv | tr '\n' ' ')" ;;
  esac
done
command -v timedatectl >/dev/null &&
  printf 'kernel %s\n' "$(timeout 3 timedatectl show -p NTPSynchronized --value 2>/dev/null)"
:
"""


@source(
    HostQuestion(
        name="time_sync",
        script=SCRIPT,
        asked="chronyc tracking; ntpq -c rv; timedatectl",
        limit=20_000,
    ),
    TimeSync,
)
def time_sync(answer: Answer) -> Iterator[TimeSync]:
    said: dict[str, str] = {}
    for line in lines(answer.text):
        word, _, rest = line.partition(" ")
        said.setdefault(word, rest.strip())
    daemon = said.get("daemon", "")
    synchronised: bool | None = None
    offset = None
    chrony = said.get("chrony", "").split(",")
    if len(chrony) >= 14:
        # reference id, address, stratum, time, system time offset (+: slow), last offset, …, leap status
        synchronised = chrony[-1] != "Not synchronised"
        offset = _number(chrony[4])
    elif ntp := said.get("ntp"):
        leap = re.search(r"\bleap_(\w+)", ntp)
        synchronised = leap[1] != "alarm" if leap else None
        found = re.search(r"\boffset=([-+\d.]+)", ntp)
        milliseconds = _number(found[1]) if found else None
        offset = milliseconds / 1000 if milliseconds is not None else None
    elif said.get("kernel") == "yes":
        synchronised = True
    elif said.get("kernel") == "no" and daemon:
        synchronised = False
    yield TimeSync(
        source=answer.source,
        daemon="systemd-timesyncd" if daemon == "systemd-timesyn" else daemon,
        synchronised=synchronised,
        offset_s=offset,
    )


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None

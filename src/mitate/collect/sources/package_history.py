"""What dpkg did lately: the last lines of its own log, of packages that matter.

rpm keeps no log; there the time of each package's installation (``packages``) tells as much. Fields between
tabs, after the offset of the host's zone: date, time, action, package, version before, version after.

>>> from mitate.collect.sources._sample import told
>>> told(package_history, "zone\\t+0100\\n"
...     "2026-11-22\\t15:14:41\\tupgrade\\tnova-common:all\\t2:26.1\\t2:26.2\\n")
PackageChange at=2026-11-22 14:14:41+00:00 action=upgrade name=nova-common before=2:26.1 after=2:26.2
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from mitate.collect.question import Answer, HostQuestion, source
from mitate.collect.sources._packages import MATTERS
from mitate.collect.sources._shell import ROOT, awk
from mitate.collect.sources._text import fields, lines
from mitate.model.change import PackageChange

MOST = 400
"""Lines kept of one host, the newest."""

HISTORY = r"""
$3 ~ /^(install|upgrade|remove|purge)$/ && NF == 6 && $0 ~ /^[A-Za-z0-9.+:~_<> -]+$/ && length($0) < 300 {
  name = $4; sub(/:.*/, "", name)
  if (matters(name)) print $1 "\t" $2 "\t" $3 "\t" $4 "\t" $5 "\t" $6
}
"""

SCRIPT = f"""{ROOT}export LC_ALL=C
[ -d "$root/var/lib/dpkg" ] || [ -d "$root/var/lib/rpm" ] || [ -d "$root/usr/lib/sysimage/rpm" ] || {{
  echo 'neither dpkg nor rpm is here' >&2
  exit 1
}}
printf 'zone\\t%s\\n' "$(date +%z)"
rows=$(for log in "$root/var/log/dpkg.log.1" "$root/var/log/dpkg.log"; do
  [ -r "$log" ] && tail -c 2000000 "$log"
done | awk {awk(MATTERS, HISTORY)}) || exit 1
printf '%s\\n' "$rows" | tail -n {MOST}
"""


@source(
    HostQuestion(
        name="package_history",
        script=SCRIPT,
        asked="grep -E ' (install|upgrade|remove|purge) ' /var/log/dpkg.log",
        limit=200_000,
    ),
    PackageChange,
)
def package_history(answer: Answer) -> Iterator[PackageChange]:
    ahead = timedelta()
    for line in lines(answer.text):
        row = fields(line, 2)
        if row[0] == "zone":
            ahead = zone(row[1])
            continue
        day, time, action, name, before, after = fields(line, 6)[:6]
        before, after = (version if version != "<none>" else "" for version in (before, after))
        yield PackageChange(
            source=answer.source,
            at=_time(day, time) - ahead,
            action=action,
            name=name.partition(":")[0],
            before=before,
            after=after,
        )


def zone(text: str) -> timedelta:
    """How far a zone is ahead of UTC, of what ``date +%z`` prints."""
    found = re.fullmatch(r"([+-])(\d{2})(\d{2})", text.strip(), re.ASCII)
    if found is None:
        raise ValueError(f"not a zone: {text[:20]!r}")
    ahead = timedelta(hours=int(found[2]), minutes=int(found[3]))
    return -ahead if found[1] == "-" else ahead


def _time(day: str, time: str) -> datetime:
    try:
        return datetime.strptime(f"{day} {time}", "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)
    except ValueError:
        raise ValueError(f"not a time: {day[:20]} {time[:20]}") from None

"""Who the host is, since when it is up, and what time it believes it is.

The name is the one that OpenStack's services take without a configured ``host``: the kernel's (``uname -n``).

>>> from mitate.collect.sources._sample import told
>>> told(identity, '''hostname compute1
... kernel 6.1.0-40-amd64
... now 1795361402.250000000
... uptime 920.51 1805.22
... ID=debian
... VERSION_ID="12"
... ''')
HostIdentity hostname=compute1 kernel=6.1.0-40-amd64 os=debian 12 booted_at=2026-11-22 15:14:41.740000+00:00 \
clock_offset_s=2.25
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from mitate.collect.question import Answer, HostQuestion, SosRoot, source
from mitate.collect.sources._shell import ROOT
from mitate.collect.sources._text import at_epoch, lines
from mitate.model.errors import CannotSee
from mitate.model.host import HostIdentity

SCRIPT = rf"""{ROOT}export LC_ALL=C
printf 'hostname %s\nkernel %s\nnow %s\n' "$(uname -n)" "$(uname -r)" "$(date +%s.%N)"
read -r up rest <"$root/proc/uptime" && printf 'uptime %s\n' "$up"
for release in "$root/etc/os-release" "$root/usr/lib/os-release"; do
  [ -r "$release" ] && exec awk '/^(ID|VERSION_ID)=/' "$release"
done
:
"""


def _sosreport(root: SosRoot) -> str:
    """Name, kernel and release; the clock of that time tells nothing now."""
    name = root.read("hostname", "sos_commands/host/hostname", "etc/hostname").split()
    uname = root.read("uname", "sos_commands/kernel/uname_-a").split()
    if not name or len(uname) < 3:
        raise CannotSee("the sosreport does not tell name and kernel", "garbage")
    release = root.read("etc/os-release", "usr/lib/os-release")
    return f"hostname {name[0]}\nkernel {uname[2]}\n" + "\n".join(
        line for line in release.splitlines() if line.startswith(("ID=", "VERSION_ID="))
    )


@source(
    HostQuestion(
        name="identity",
        script=SCRIPT,
        asked="uname -nr; date +%s.%N; cat /proc/uptime /etc/os-release",
        limit=20_000,
    ),
    HostIdentity,
    sosreport=_sosreport,
)
def identity(answer: Answer) -> Iterator[HostIdentity]:
    said: dict[str, str] = {}
    for line in lines(answer.text):
        separator = "=" if line.startswith(("ID=", "VERSION_ID=")) else " "
        name, _, value = line.partition(separator)
        said.setdefault(name, value.strip().strip("\"'"))
    if not said.get("hostname"):
        raise ValueError("the host told no name")
    # busybox's date knows no %N
    now = _seconds(said.get("now", "").removesuffix(".%N").removesuffix(".N"))
    up = _seconds(said.get("uptime", "").partition(" ")[0])
    yield HostIdentity(
        source=answer.source,
        hostname=said["hostname"],
        kernel=said.get("kernel", ""),
        os=f"{said.get('ID', '')} {said.get('VERSION_ID', '')}".strip(),
        booted_at=at_epoch(now - up) if now is not None and up is not None else None,
        clock_offset_s=round(now - answer.at.timestamp(), 6) if now is not None else None,
    )


def _seconds(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) and abs(value) < 1e11 else None

"""The systemd units of OpenStack and of what it leans on, in every layout; stopped and unloaded ones too.

Blocks of ``systemctl show``, apart by empty lines.

>>> from mitate.collect.sources._sample import told
>>> told(units, '''Type=forking
... Restart=on-failure
... NRestarts=7
... Result=exit-code
... MainPID=0
... ExecMainStatus=1
... Id=neutron-dhcp-agent.service
... LoadState=loaded
... ActiveState=failed
... SubState=failed
... UnitFileState=enabled
... InactiveEnterTimestamp=Sun 2026-11-22 15:14:41 UTC
... ''')
Unit name=neutron-dhcp-agent.service service=neutron-dhcp-agent load=loaded active=failed sub=failed \
enabled=enabled result=exit-code restarts=7 main_pid=0 exit_status=1 since=2026-11-22 15:14:41+00:00
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from fnmatch import fnmatchcase

from mitate.collect.question import Answer, HostQuestion, SosRoot, source
from mitate.collect.sources._shell import ROOT
from mitate.collect.sources._text import WIDTH, lines, whole_or_none
from mitate.model.host import Unit
from mitate.model.recognise import PROJECTS, service_of_unit

INFRASTRUCTURE = (
    "openstack-* devstack@* kolla-* tripleo_* edpm_* snap.openstack* snap.microstack* libvirtd* "
    "virt*d.service rabbitmq* mariadb* mysql* galera* memcached* haproxy* keepalived* apache2* httpd* "
    "nginx* uwsgi* openvswitch* ovs* ovn* chrony* ntp* systemd-timesyncd* docker.service podman.service "
    "etcd* redis* pacemaker* corosync*"
)
PATTERNS = " ".join([*(f"{project}*" for project in PROJECTS), *INFRASTRUCTURE.split()])
"""Globs of unit names."""
QUOTED = " ".join(f"'{glob}'" for glob in PATTERNS.split())

PROPERTIES = (
    "Id,LoadState,ActiveState,SubState,UnitFileState,Result,NRestarts,MainPID,ExecMainStatus,"
    "ActiveEnterTimestamp,ActiveExitTimestamp,InactiveEnterTimestamp,InactiveExitTimestamp"
)

# systemd forgets a stopped unit that nothing refers to: those are asked by the names of their files. Its own
# list of unit files would tell them too, but takes a second on a small host.
SCRIPT = f"""{ROOT}export LC_ALL=C TZ=UTC
names=$(
  for where in run/systemd/system etc/systemd/system usr/lib/systemd/system lib/systemd/system; do
    cd "$root/$where" 2>/dev/null || continue
    for name in {PATTERNS}; do
      case $name in *'*'* | *@.service) ;; *.service) echo "$name" ;; esac
    done
  done | sort -u
)
set -f
systemctl show --no-pager -p {PROPERTIES} {QUOTED} $names
"""

_ENTERED = {
    "active": "ActiveEnterTimestamp",
    "reloading": "ActiveEnterTimestamp",
    "deactivating": "ActiveExitTimestamp",
    "activating": "InactiveExitTimestamp",
    "inactive": "InactiveEnterTimestamp",
    "failed": "InactiveEnterTimestamp",
}


def _sosreport(root: SosRoot) -> str:
    """Out of ``systemctl show *service --all``: of each unit that matters, the properties asked for alone."""
    blocks = []
    for block in root.read("sos_commands/systemd/systemctl_show_*service_--all").split("\n\n"):
        said = [line for line in block.splitlines() if line.partition("=")[0] in PROPERTIES.split(",")]
        name = next((line[3:] for line in said if line.startswith("Id=")), "")
        if any(fnmatchcase(name, glob) for glob in PATTERNS.split()):
            blocks.append("\n".join(said))
    return "\n\n".join(blocks)


@source(
    HostQuestion(
        name="units",
        script=SCRIPT,
        asked="systemctl show 'nova*' 'neutron*' … (units and unit files of OpenStack and what it leans on)",
    ),
    Unit,
    sosreport=_sosreport,
)
def units(answer: Answer) -> Iterator[Unit]:
    seen = set()
    for block in answer.text.split("\n\n"):
        said = dict(line.split("=", 1) for line in lines(block) if "=" in line)
        if not said:
            continue
        name = said.get("Id", "")
        if not name or not said.get("ActiveState"):
            raise ValueError(f"a unit without a name or a state: {block[:80]!r}")
        if name in seen or (said.get("LoadState") == "not-found" and said["ActiveState"] == "inactive"):
            continue
        seen.add(name)
        active = said["ActiveState"]
        yield Unit(
            source=answer.source,
            name=name,
            service=service_of_unit(name),
            load=said.get("LoadState", ""),
            active=active,
            sub=said.get("SubState", ""),
            enabled=said.get("UnitFileState", ""),
            result=said.get("Result", ""),
            restarts=whole_or_none(said.get("NRestarts", "")),
            main_pid=whole_or_none(said.get("MainPID", "")),
            exit_status=whole_or_none(said.get("ExecMainStatus", "")),
            since=_time(said.get(_ENTERED.get(active, ""), "")),
        )


def _time(text: str) -> datetime | None:
    """``Sun 2026-11-22 15:14:41 UTC``; None for "n/a", nothing, and any zone but UTC."""
    assert len(text) <= WIDTH
    try:
        return datetime.strptime(text, "%a %Y-%m-%d %H:%M:%S UTC").replace(tzinfo=UTC)
    except ValueError:
        return None

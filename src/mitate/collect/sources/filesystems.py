"""Mounted file systems with the room that is left, and which directories of services live on them.

>>> from mitate.collect.sources._sample import told
>>> told(filesystems, '''kb /dev/vda1 ext4 264212084 26881432 79509480 26% /
... kb tmpfs tmpfs 24576 24576 0 100% /var/lib/nova/instances
... inodes /dev/vda1 16777216 495472 16281744 3% /
... path /var/lib/nova/instances /var/lib/nova/instances
... path /var/log /var/log
... ''')
Filesystem device=/dev/vda1 type=ext4 mount=/ size_kb=264212084 used_kb=26881432 available_kb=79509480 \
inodes=16777216 inodes_free=16281744 paths=('/var/log',)
Filesystem device=tmpfs type=tmpfs mount=/var/lib/nova/instances size_kb=24576 used_kb=24576 available_kb=0 \
paths=('/var/lib/nova/instances',)
"""

from __future__ import annotations

from collections.abc import Iterator

from mitate.collect.question import Answer, HostQuestion, SosRoot, source
from mitate.collect.sources._shell import ROOT
from mitate.collect.sources._text import lines, whole, whole_or_none
from mitate.model.host import Filesystem

PATHS = (
    "/ /tmp /var/tmp /var/log /var/log/nova /var/log/neutron /var/log/kolla /var/log/containers "
    "/var/lib/nova /var/lib/nova/instances /var/lib/nova/mnt /var/lib/glance /var/lib/glance/images "
    "/var/lib/cinder /var/lib/neutron /var/lib/mysql /var/lib/rabbitmq /var/lib/libvirt /var/lib/docker "
    "/var/lib/containers /var/lib/docker/volumes/nova_compute/_data/instances "
    "/var/lib/docker/volumes/glance/_data /var/lib/docker/volumes/mariadb/_data "
    "/var/lib/docker/volumes/rabbitmq/_data /var/snap/openstack-hypervisor/common/lib/nova/instances"
)

# What engines and systemd mount for themselves by the dozen tells nothing.
NOISE = r"^\/(proc|sys|dev|run|snap|var\/lib\/(docker|containers|kubelet|containerd)\/.*)(\/|$)"

SCRIPT = f"""{ROOT}export LC_ALL=C
sizes=$(df -P -k -T) || [ -n "$sizes" ] || exit 1
printf '%s\\n' "$sizes" | awk 'NR > 1 && $7 !~ /{NOISE}/ {{print "kb", $0}}'
df -P -i 2>/dev/null | awk 'NR > 1 && $6 !~ /{NOISE}/ {{print "inodes", $0}}'
for path in {PATHS}; do
  [ -d "$root$path" ] && printf 'path %s %s\\n' "$path" "$(cd -P "$root$path" 2>/dev/null && pwd -P)"
done
:
"""


def _sosreport(root: SosRoot) -> str:
    """Out of ``df -al -x autofs`` and ``df -ali -x autofs``, whose lists have no type."""
    sizes = root.read("sos_commands/filesys/df_-al_-x_autofs", "sos_commands/filesys/df_-al", "df")
    answer = [_typed(line) for line in sizes.splitlines()[1:]]
    for _, text in root.files("sos_commands/filesys/df_-ali_-x_autofs"):
        answer += [f"inodes {line}" for line in text.splitlines()[1:]]
    return "\n".join(filter(None, [*answer, *(f"path {path} {path}" for path in PATHS.split())]))


def _typed(line: str) -> str:
    device, _, rest = line.partition(" ")
    words = rest.split()
    return f"kb {device} - {rest}" if len(words) == 5 and words[0].isdecimal() and words[0] != "0" else ""


@source(
    HostQuestion(name="filesystems", script=SCRIPT, asked="df -P -k -T; df -P -i"),
    Filesystem,
    sosreport=_sosreport,
)
def filesystems(answer: Answer) -> Iterator[Filesystem]:
    rows = [line.split(None, 1) for line in lines(answer.text)]
    inodes: dict[str, tuple[int, int]] = {}
    mounts: dict[str, list[str]] = {}
    paths: dict[str, list[str]] = {}
    for kind, rest in ((row[0], row[1]) for row in rows if len(row) == 2):
        if kind == "inodes":
            words = rest.split(None, 5)
            if (
                len(words) == 6
                and (total := whole_or_none(words[1]))
                and (free := whole_or_none(words[3])) is not None
            ):
                inodes[words[5]] = (total, free)
        elif kind == "kb":
            words = rest.split(None, 6)
            if len(words) < 7:
                raise ValueError(f"not a file system: {rest[:80]}")
            mounts[words[6].strip()] = words  # the last mounted hides the earlier at the same place
    homes = (row[1].split() for row in rows if row[0] == "path" and len(row) == 2)
    for path, real, *_ in (home for home in homes if len(home) >= 2):
        home = max((mount for mount in mounts if _below(real, mount)), key=len, default="")
        paths.setdefault(home, []).append(path)
    for mount, (device, type_, size, used, available, *_) in mounts.items():
        total, free = inodes.get(mount, (None, None))
        yield Filesystem(
            source=answer.source,
            device=device,
            type=type_.strip("-"),
            mount=mount,
            size_kb=whole(size),
            used_kb=whole(used),
            available_kb=whole(available),
            inodes=total,
            inodes_free=free,
            paths=tuple(path for path in paths.get(mount, ()) if path != "/"),
        )


def _below(path: str, mount: str) -> bool:
    return path == mount or path.startswith(mount.rstrip("/") + "/")

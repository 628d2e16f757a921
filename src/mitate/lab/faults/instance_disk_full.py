"""The file system of the servers' disks on compute1 is full.

Servers that run still do, until they write. A new one on compute1 ends in ERROR: no space left on device.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mitate.lab.faults import Expected
from mitate.lab.faults._api import wait_healthy

if TYPE_CHECKING:
    from mitate.lab import Lab

EXPECTED = Expected("filesystem_full", "filesystem", "/var/lib/nova/instances", "compute1")
# A small file system over the directory, with the same content. Guests keep the files that they have open.
_FILL = """
set -e
at=/var/lib/nova/instances new=/run/instances.new
mountpoint -q $at || {
    used=$(du -skx $at | cut -f1)
    mkdir -p $new
    mount -t tmpfs -o size=$((used + 4096))k tmpfs $new
    cp -a $at/. $new/
    chown --reference=$at $new; chmod --reference=$at $new
    mount --bind $new $at
    umount $new; rmdir $new
}
dd if=/dev/zero of=$at/core bs=64k 2>/dev/null || :
"""
_EMPTY = """
at=/var/lib/nova/instances new=/run/instances.new
while mountpoint -q $at; do umount $at || umount -l $at; done
while mountpoint -q $new; do umount $new; done
[ ! -d $new ] || rmdir $new
"""


def break_(lab: Lab) -> None:
    lab.sh("compute1", _FILL)


def mend(lab: Lab) -> None:
    lab.sh("compute1", _EMPTY)
    wait_healthy(lab)

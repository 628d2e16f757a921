"""The file system of Nova's logs on compute1 is full, of logs.

nova-compute goes on, and what happens from now on is written nowhere.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mitate.lab.faults import Expected
from mitate.lab.faults._api import wait_healthy
from mitate.lab.faults._units import start, stop

if TYPE_CHECKING:
    from mitate.lab import Lab

EXPECTED = Expected("filesystem_full", "filesystem", "/var/log/nova", "compute1")
# A host of the lab has no disk of its own that could be filled. So a small file system is put over the
# directory, with the same content, and one log takes the 8 MB that are left.
_FILL = """
set -e
at=/var/log/nova new=/run/logs.new
mountpoint -q $at || {
    mkdir -p $new
    mount -t tmpfs -o size=$(($(du -skx $at | cut -f1) + 8192))k tmpfs $new
    cp -a $at/. $new/
    chown --reference=$at $new; chmod --reference=$at $new
    mount --bind $new $at
    umount $new; rmdir $new
}
yes "$(date '+%F %T.123') 1 WARNING nova.virt.libvirt.imagebackend [-] image cache is busy" \
    2>/dev/null | dd of=$at/nova-manage.log bs=64k iflag=fullblock 2>/dev/null || :
"""
_EMPTY = """
at=/var/log/nova new=/run/logs.new
while mountpoint -q $at; do umount $at || umount -l $at; done
while mountpoint -q $new; do umount $new; done
[ ! -d $new ] || rmdir $new
"""


def break_(lab: Lab) -> None:
    stop(lab, "compute1", "nova-compute")  # it is to have its log on the full file system
    lab.sh("compute1", _FILL)
    start(lab, "compute1", "nova-compute")
    wait_healthy(lab)


def mend(lab: Lab) -> None:
    stop(lab, "compute1", "nova-compute")
    lab.sh("compute1", _EMPTY)
    start(lab, "compute1", "nova-compute")
    wait_healthy(lab)

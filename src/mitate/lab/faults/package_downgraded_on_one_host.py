"""A library of Nova was downgraded on one compute.

It goes on working, for now: the older version lacks what was mended since, and may not understand its equals.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mitate.lab.faults import Drifted, Expected

if TYPE_CHECKING:
    from mitate.lab import Lab

HOST = "compute2"
PACKAGE = "python3-os-vif"
EXPECTED = (
    Expected("package_differs_among_equals", "host", HOST, HOST),
    Drifted("package_differs_among_equals", PACKAGE, HOST),
)
OLDER = "2.8.0-1"
INFO = f"/var/lib/dpkg/info/{PACKAGE}"
KEPT = "/var/lib/kept-by-fault"

# The package as it is installed, put together again: as it is, to go back to, and with a lower version. There
# is no archive that the hosts of the lab could fetch one from.
_DOWNGRADE = f"""
set -e
umask 022
mkdir -p {KEPT}; cd {KEPT}
build() {{
    rm -rf tree; mkdir -p tree/DEBIAN
    dpkg-query -s {PACKAGE} | sed -e '/^Status:/d' -e "s/^Version:.*/Version: $1/" >tree/DEBIAN/control
    for part in {INFO}.*; do
        [ "$part" = {INFO}.list ] || cp -p "$part" "tree/DEBIAN/${{part##*.}}"
    done
    dpkg-query -L {PACKAGE} | while read -r path; do [ ! -e "$path" ] || echo ".$path"; done >files
    tar -C / --no-recursion -cf files.tar -T files
    tar -C tree -xpf files.tar
    dpkg-deb -b --root-owner-group -Znone tree "$2" >/dev/null
    rm -r tree files files.tar
}}
now=$(dpkg-query -W -f '${{Version}}' {PACKAGE})
[ "$now" != {OLDER} ] || exit 0
cp -p {INFO}.list list
build "$now" new.deb; mv new.deb original.deb
build {OLDER} older.deb
dpkg -i --force-downgrade --force-depends older.deb >/dev/null
"""
_BACK = f"""
set -e
cd {KEPT} 2>/dev/null || exit 0
if [ -e original.deb ]; then
    dpkg -i original.deb >/dev/null
    touch -r list {INFO}.list
fi
rm -rf tree list files files.tar new.deb original.deb older.deb
cd /; rmdir --ignore-fail-on-non-empty {KEPT}
"""


def break_(lab: Lab) -> None:
    lab.sh(HOST, _DOWNGRADE, timeout=180)


def mend(lab: Lab) -> None:
    lab.sh(HOST, _BACK, timeout=180)

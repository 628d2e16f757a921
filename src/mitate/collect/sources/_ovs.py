"""sh: asking Open vSwitch, through its engine when it runs in containers. Shared by the sources ovs_….

Open vSwitch that was installed and never started (no server runs, no database was made) is no switch: there
is nothing there. With a database that nobody serves, nobody can look.
"""

from __future__ import annotations

from mitate.collect.sources._broker import INSIDE
from mitate.collect.sources._shell import ROOT

OVS = (
    ROOT
    + "export LC_ALL=C"
    + INSIDE
    + r"""db=$(pid_of '(^|/)ovsdb-server .*conf[.]db')
if [ -z "$db" ]; then
  for file in "$root/etc/openvswitch/conf.db" "$root/var/lib/openvswitch/conf.db"; do
    [ ! -e "$file" ] || { echo 'Open vSwitch has a database here, and no ovsdb-server runs' >&2; exit 1; }
  done
  exit 0
fi
"""
)
"""The script ends here when there is no switch; ``$db`` is the database server's process."""

SWITCH = r"""switch=$(pid_of '(^|/)ovs-vswitchd( |$)')
[ -n "$switch" ] || { echo 'ovs-vswitchd does not run' >&2; exit 1; }
bridges=$(inside "$db" ovs-vsctl --timeout=10 --bare --columns=name list Bridge) || exit 1
each() { # the bridges by name; one with a name that is none would be taken for a place to connect to
  for bridge in $bridges; do
    case $bridge in -* | *[!A-Za-z0-9_.-]*) echo "a bridge has an odd name: $bridge" >&2; return 1 ;; esac
    printf '%s\n' "$bridge"
  done
}
"""
"""Needs OVS. ``$switch`` is the switch's process; ``each`` prints the names of its bridges."""

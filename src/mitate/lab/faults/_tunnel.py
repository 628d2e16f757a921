"""The VXLAN tunnels of a host: pointed elsewhere, forgotten, rebuilt wrongly, and restored.

For the Linux bridge driver: one device for each network, whose forwarding entries the agent has from
l2population and writes once. What was there is kept on the host before anything is changed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mitate.lab.topology import plan

if TYPE_CHECKING:
    from mitate.lab import Lab
    from mitate.lab.faults._places import Port

NOBODY = "10.0.1.99"
"""An address of the underlay that no host has."""

_KEPT = "/var/lib/kept-by-fault-tunnel"
_KEEP = f"""
set -e
vxlan=$(ip -br link show type vxlan | cut -d' ' -f1 | head -n 1)
if [ ! -d {_KEPT} ]; then
    rm -rf {_KEPT}.new; mkdir {_KEPT}.new
    echo $vxlan >{_KEPT}.new/device
    readlink /sys/class/net/$vxlan/master | sed 's,.*/,,' >{_KEPT}.new/bridge
    cat /sys/class/net/$vxlan/mtu >{_KEPT}.new/mtu
    ip -d link show $vxlan | grep -o 'vxlan id .*' | tr ' ' '\\n' | sed -n '
        /^id$/ {{ n; s/^/vni=/p }}; /^local$/ {{ n; s/^/local=/p }}
        /^dev$/ {{ n; s/^/under=/p }}; /^dstport$/ {{ n; s/^/port=/p }}
    ' >{_KEPT}.new/how
    bridge fdb show dev $vxlan | grep 'dst .* self permanent' >{_KEPT}.new/fdb
    mv {_KEPT}.new {_KEPT}
fi
"""
_BUILD = f"""
ip link del $vxlan 2>/dev/null || :
. {_KEPT}/how
ip link add $vxlan type vxlan id ${{other_vni:-$vni}} local $local dev $under dstport ${{other_port:-$port}}
ip link set $vxlan mtu $(cat {_KEPT}/mtu) master $(cat {_KEPT}/bridge) up
while read -r mac dst remote rest; do
    bridge fdb append $mac dev $vxlan dst $remote self permanent
done <{_KEPT}/fdb
"""


def udp_port(lab: Lab, host: str) -> str:
    """The UDP port on which a host awaits VXLAN."""
    listed = "ip -d link show type vxlan | grep -o 'dstport [0-9]*' | head -n 1 | cut -d' ' -f2"
    return lab.sh(host, listed).strip()


def point_elsewhere(lab: Lab, host: str, port: Port) -> None:
    """What a host sends to a port goes to an address that nobody has."""
    lab.sh(host, f"{_KEEP}bridge fdb replace {port.mac} dev $vxlan dst {NOBODY} self permanent")


def forget(lab: Lab, host: str, port: Port) -> None:
    """A host has no entry for a port, nor for broadcasts to that port's host."""
    remote = plan(port.host).address("und")
    lab.sh(
        host,
        f"{_KEEP}bridge fdb del {port.mac} dev $vxlan self\n"
        f"bridge fdb del 00:00:00:00:00:00 dev $vxlan dst {remote} self",
    )


def rebuild(lab: Lab, host: str, *, other_vni: bool = False, other_port: bool = False) -> None:
    """Make a host's tunnel device anew, with another network identifier or another UDP port."""
    vni = "other_vni=$((vni + 1)); " if other_vni else ""
    port = "other_port=$((8472 + 4789 - port)); " if other_port else ""
    lab.sh(host, f"{_KEEP}. {_KEPT}/how; {vni}{port}{_BUILD}")


def restore(lab: Lab, host: str) -> None:
    """The tunnel as it was; nothing happens when nothing was kept."""
    lab.sh(host, f"set -e; [ -d {_KEPT} ] || exit 0; vxlan=$(cat {_KEPT}/device){_BUILD}rm -r {_KEPT}")

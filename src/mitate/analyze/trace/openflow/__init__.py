"""Open vSwitch: flows worked out as the switch does it, checked against ``ofproto/trace``.

``switches`` makes the switch of every host of a snapshot; ``Switch.receive`` does the rest.
"""

from __future__ import annotations

from typing import TypeVar

from mitate.analyze.trace.openflow.switch import Crossing, Out, Switch, Tunnel
from mitate.analyze.trace.openflow.tracker import Captured, Tracker
from mitate.model.net import ConntrackEntry
from mitate.model.ovs import OvsBridge, OvsConnection, OvsFdb, OvsFlow, OvsGroup, OvsInterface, OvsPort
from mitate.model.snapshot import Snapshot
from mitate.model.source import Fact

__all__ = ["Captured", "Crossing", "Out", "Switch", "Tracker", "Tunnel", "switches"]


F = TypeVar("F", bound=Fact)


def switches(snapshot: Snapshot) -> dict[str, Switch]:
    """The switch of every host that has one, by host. A walk over them remembers in
    ``Tracker({host: switch.captured for host, switch in switches(snapshot).items()})``.

    The kernel's datapath tracks in the conntrack table of the host itself, the userspace one in its own.
    """
    ports, interfaces = _by_host(snapshot, OvsPort), _by_host(snapshot, OvsInterface)
    flows, groups, fdb = (
        _by_host(snapshot, OvsFlow),
        _by_host(snapshot, OvsGroup),
        _by_host(snapshot, OvsFdb),
    )
    kernel, user = _by_host(snapshot, ConntrackEntry), _by_host(snapshot, OvsConnection)
    made = {}
    for host, bridges in sorted(_by_host(snapshot, OvsBridge).items()):
        tracked: list[OvsConnection | ConntrackEntry] = [
            entry for entry in kernel.get(host, ()) if entry.namespace == ""
        ]
        if any(bridge.datapath == "netdev" for bridge in bridges):
            tracked = [*user.get(host, ())]
        made[host] = Switch(
            host,
            bridges,
            ports.get(host, ()),
            interfaces.get(host, ()),
            flows.get(host, ()),
            groups.get(host, ()),
            fdb.get(host, ()),
            tracked,
            seen=("OvsFlow", host) in snapshot.looked,
        )
    return made


def _by_host(snapshot: Snapshot, kind: type[F]) -> dict[str, list[F]]:
    found: dict[str, list[F]] = {}
    for fact in snapshot.all(kind):
        found.setdefault(fact.source.host, []).append(fact)
    return found

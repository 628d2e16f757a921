"""Open vSwitch on a host: its ports' VLANs, its flows, and the agent that puts both right when it starts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mitate.lab.faults._kept import Kept

if TYPE_CHECKING:
    from collections.abc import Callable

    from mitate.lab import Lab

AGENT = "neutron-openvswitch-agent"


def of_the_agent(
    lab: Lab, what: str, host: str, is_there: Callable[[], bool], remove: Callable[[], object]
) -> Kept:
    """What the agent makes when it starts. It goes through its ports again when one comes or goes."""
    return Kept(lab, what, host, AGENT, is_there, remove)


def tag(lab: Lab, host: str, port: str) -> str:
    """The VLAN of a port as Open vSwitch has it; "[]" for none."""
    return lab.sh(host, f"ovs-vsctl get Port {port} tag").strip()


def set_tag(lab: Lab, host: str, port: str, vlan: int | None) -> None:
    """Give a port another VLAN, or none."""
    lab.sh(host, f"ovs-vsctl set Port {port} tag={'[]' if vlan is None else vlan}")


def own_tag(lab: Lab, host: str, port: str) -> None:
    """Give a port the VLAN that the agent has noted for it beside the tag."""
    lab.sh(host, f'ovs-vsctl set Port {port} tag="$(ovs-vsctl get Port {port} other_config:tag | tr -d \\")"')


def flows(lab: Lab, host: str, bridge: str, match: str) -> str:
    """The flows that a match selects, as `ovs-ofctl --no-stats dump-flows` prints them; "" for none."""
    said = lab.sh(host, f"ovs-ofctl --no-stats dump-flows {bridge} '{match}'")
    return "\n".join(line for line in said.splitlines() if "actions=" in line)

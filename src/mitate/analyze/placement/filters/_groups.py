"""Another group for a server: the members stay where they are, and the new one is no longer bound to them."""

from __future__ import annotations

from mitate.analyze.fixes import shell
from mitate.analyze.placement.answers import Mend
from mitate.analyze.placement.filters._mends import ASK_ELSE, ask_again
from mitate.model.placement import ServerGroup, Wanted


def no_group(wanted: Wanted) -> Mend:
    return Mend(
        key="no server group",
        change="ask for it outside of its server group",
        commands=(ask_again(wanted, without=("group",)),),
        risk="nothing then keeps it away from the group's other servers, or beside them",
        effort=ASK_ELSE,
    )


def soft_group(wanted: Wanted, group: ServerGroup) -> Mend:
    """The soft kind of the policy only prefers; a group's policy cannot be changed, so it is a new group."""
    name = f"{group.name}-soft"
    version = ("--os-compute-api-version", "2.15")
    make = shell("openstack", *version, "server", "group", "create", "--policy", f"soft-{group.policy}", name)
    return Mend(
        key=f"soft-{group.policy}",
        change=f"ask for it in a new server group of policy soft-{group.policy}",
        commands=(make, ask_again(wanted, without=("group",), hints=(("group", "NEW_GROUP_ID"),))),
        risk=f"{group.policy} is then a wish, not a promise, and holds among members of the new group only",
        effort=ASK_ELSE,
    )


def wider_group(wanted: Wanted, group: ServerGroup, most: int) -> Mend:
    """An anti-affinity group that allows several servers on one host (2.64)."""
    name = f"{group.name}-{most}"
    make = (
        *("openstack", "--os-compute-api-version", "2.64", "server", "group", "create"),
        *("--policy", "anti-affinity", "--rule", f"max_server_per_host={most}", name),
    )
    return Mend(
        key=f"group max_server_per_host {most}",
        change=f"ask for it in a new server group with max_server_per_host={most}",
        commands=(
            shell(*make),
            ask_again(wanted, without=("group",), hints=(("group", "NEW_GROUP_ID"),)),
        ),
        risk=f"a host that dies may take {most} of them with it; members of the old group do not count",
        effort=ASK_ELSE,
    )

"""A request to Placement while it is being put together, and what is true of any of them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from mitate.model.placement import Constraint


class Impossible(Exception):
    """Nova's API refuses such a request: one clause that says why."""


_FIRST = ("VCPU", "PCPU", "MEMORY_MB", "DISK_GB")
_STANDARD = """
VCPU PCPU MEMORY_MB DISK_GB PCI_DEVICE SRIOV_NET_VF NUMA_SOCKET NUMA_CORE NUMA_THREAD NUMA_MEMORY_MB
IPV4_ADDRESS VGPU VGPU_DISPLAY_HEAD PGPU FPGA MEM_ENCRYPTION_CONTEXT NET_BW_EGR_KILOBIT_PER_SEC
NET_BW_IGR_KILOBIT_PER_SEC NET_PACKET_RATE_KILOPACKET_PER_SEC NET_PACKET_RATE_EGR_KILOPACKET_PER_SEC
NET_PACKET_RATE_IGR_KILOPACKET_PER_SEC
"""
STANDARD = frozenset(_STANDARD.split())
"""The resource classes that are not CUSTOM_ (os-resource-classes)."""


@dataclass
class Draft:
    """resources, traits: by (group, name); a trait is demanded ("trait") or forbidden ("no_trait").

    member_of: sets of aggregates; a provider must be in one of each. in_tree: (provider, origin).
    """

    resources: dict[tuple[str, str], tuple[int, str]] = field(default_factory=dict)
    traits: dict[tuple[str, str, str], str] = field(default_factory=dict)
    root: dict[tuple[str, str], str] = field(default_factory=dict)
    member_of: list[tuple[frozenset[str], str]] = field(default_factory=list)
    not_member_of: dict[str, str] = field(default_factory=dict)
    in_tree: tuple[str, str] = ("", "")
    group_policy: str = ""
    unlimited: bool = False
    refused: str = ""
    assumptions: list[str] = field(default_factory=list)

    def resource(self, name: str, amount: int | str, origin: str, group: str = "") -> None:
        """Ask for an amount; what Nova ignores with a warning is left out, and said."""
        if not (name in STANDARD or name.startswith("CUSTOM_")):
            self.assumptions.append(f"{origin}: {name} is no resource class, Nova leaves it out")
            return
        try:
            number = int(amount)
        except ValueError:
            number = -1
        if number < 0:
            self.assumptions.append(f"{origin}: {amount!r} is no amount, Nova leaves it out")
            return
        self.resources[group, name] = (number, origin)

    def trait(self, name: str, says: str, origin: str, group: str = "") -> None:
        """says: required or forbidden; Nova leaves out everything else."""
        kind = {"required": "trait", "forbidden": "no_trait"}.get(says)
        if kind:
            self.traits.setdefault((group, kind, name), origin)
        else:
            self.assumptions.append(f"{origin}: neither required nor forbidden, Nova leaves it out")

    def asked(self) -> set[str]:
        """The classes asked for in any group."""
        return {name for _, name in self.resources}

    def required(self) -> set[str]:
        """The traits demanded in any group, not those of the root (ResourceRequest.all_required_traits)."""
        return {name for _, kind, name in self.traits if kind == "trait"}

    def constraints(self) -> tuple[Constraint, ...]:
        """In the order in which they are told: the unnumbered group, the root's, the granular groups."""
        made = [
            Constraint("resource", name, amount, group, origin)
            for (group, name), (amount, origin) in self.resources.items()
            if amount
        ]
        made += [
            Constraint(kind, name, 0, group, origin) for (group, kind, name), origin in self.traits.items()
        ]
        made += [
            Constraint("member_of", ",".join(sorted(aggregates)), origin=origin)
            for aggregates, origin in dict(self.member_of).items()
        ]
        if self.not_member_of:
            origins = "; ".join(sorted(set(self.not_member_of.values())))
            made.append(Constraint("not_member_of", ",".join(sorted(self.not_member_of)), origin=origins))
        if self.in_tree[0]:
            made.append(Constraint("in_tree", self.in_tree[0], origin=self.in_tree[1]))
        made += [Constraint(kind, name, origin=at, root=True) for (kind, name), at in self.root.items()]
        return tuple(sorted(made, key=_order))


def _order(one: Constraint) -> tuple[object, ...]:
    kinds = ("in_tree", "resource", "trait", "no_trait", "any_trait", "member_of", "not_member_of")
    first = _FIRST.index(one.name) if one.name in _FIRST else len(_FIRST)
    return one.group, one.root, kinds.index(one.kind), first, one.name


def cpus(spec: str) -> set[int]:
    """The numbers of ``0-3,^2``. Raises Impossible (nova.virt.hardware.parse_cpu_spec)."""
    found: dict[bool, set[int]] = {True: set(), False: set()}
    for part in filter(None, (each.strip() for each in spec.split(","))):
        hit = re.fullmatch(r"(\^?)\s*(\d{1,6})\s*(?:-\s*(\d{1,6}))?", part)
        if not hit or int(hit[3] or hit[2]) < int(hit[2]):
            raise Impossible(f"{part!r} is no range of CPUs")
        found[not hit[1]] |= set(range(int(hit[2]), int(hit[3] or hit[2]) + 1))
    return found[True] - found[False]

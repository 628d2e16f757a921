"""What Nova asks of Placement for a request: the flavour, its properties and the image's, and what the
request filters add (nova.scheduler.utils.ResourceRequest; see request_filters.py).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from urllib.parse import urlencode

import msgspec

from mitate.analyze.placement import request_filters
from mitate.analyze.placement.api_checks import check, closed
from mitate.analyze.placement.cloud import Cloud
from mitate.analyze.placement.draft import Draft, Impossible
from mitate.analyze.placement.properties import translate
from mitate.model.placement import Constraint, Stage, Wanted


class Ask(msgspec.Struct, frozen=True, kw_only=True):
    """One question to Placement. constraints: every single thing demanded, the unnumbered group first.

    unlimited: Nova asks for all candidates, not only for max_placement_results. fallback: what Nova asks
    besides when CPUs are pinned (VCPU in the place of PCPU); a host passes when either takes it. refused:
    why the API, a request filter or Placement says no to the request itself; "" when none does. stage: where.
    """

    constraints: tuple[Constraint, ...]
    group_policy: str = ""
    unlimited: bool = False
    fallback: Ask | None = None
    refused: str = ""
    stage: Stage = Stage.REQUEST
    assumptions: tuple[str, ...] = ()

    def query(self, without: Collection[Constraint] = ()) -> str:
        """The query of GET /allocation_candidates, sorted, without limit; "" where Placement takes none."""
        return _query([each for each in self.constraints if each not in without], self.group_policy)

    def only(self, kept: Collection[Constraint]) -> str:
        """The query of some of its constraints alone."""
        return _query([each for each in self.constraints if each in kept], self.group_policy)

    def proof(self, kept: Collection[Constraint]) -> str:
        """The same, askable: a group that has no resources left asks for one of the first class it had."""
        carried = [each for each in self.constraints if each in kept]
        groups = {each.group for each in carried if not each.root} or {""}
        for group in groups - {each.group for each in carried if each.kind == "resource"}:
            had = [each for each in self.constraints if each.kind == "resource" and each.group == group]
            carried += [msgspec.structs.replace(each, amount=1) for each in had[:1]]
        return _query(carried, self.group_policy)

    @property
    def microversion(self) -> str:
        """The lowest of Placement's API that can carry it; nested providers are candidates since 1.29."""
        needs = {29}
        member_of = [each for each in self.constraints if each.kind == "member_of"]
        for each in self.constraints:
            needs.add(_NEEDS.get(each.kind, 0))
            needs.add(35 if each.root else 0)
            needs.add(33 if each.group and not each.group.isdecimal() else 0)
        return f"1.{max(needs | {24 if len(member_of) > 1 else 0})}"


_NEEDS = {"in_tree": 31, "not_member_of": 32, "any_trait": 39}


def ask_of(wanted: Wanted, cloud: Cloud) -> Ask:
    """What Nova would ask of Placement now."""
    try:
        check(wanted)
        ask = _ask(wanted, cloud, pinning=True)
        pinned = translate(Draft(), wanted)
    except Impossible as why:
        return Ask(constraints=(), refused=str(why))
    if pinned and not _yes(cloud.option("workarounds", "disable_fallback_pcpu_query")):
        ask = msgspec.structs.replace(ask, fallback=_ask(wanted, cloud, pinning=False))
    return ask


def _ask(wanted: Wanted, cloud: Cloud, *, pinning: bool) -> Ask:
    """One of the two questions. Raises Impossible."""
    draft = Draft()
    translate(draft, wanted, pinning=pinning)
    request_filters.apply(draft, wanted, cloud)
    refused = closed(wanted, cloud) or draft.refused or _destination(draft, wanted, cloud)
    malformed = "" if refused else _malformed(draft)
    hints = {name for name, _ in wanted.hints}
    return Ask(
        constraints=draft.constraints(),
        group_policy=draft.group_policy,
        unlimited=draft.unlimited or bool(hints & {"group", "same_host", "different_host"}),
        refused=refused or malformed,
        stage=Stage.PLACEMENT if malformed else Stage.REQUEST,
        assumptions=tuple(draft.assumptions),
    )


def _malformed(draft: Draft) -> str:
    """Why Placement does not even take the question; Nova then finds no candidates
    (placement.lib.RequestGroup.dict_from_request)."""
    found = [each for each in draft.constraints() if not each.root]
    granular = {each.group for each in found} - {""}
    if len(granular) > 1 and not draft.group_policy:
        return f"its properties make {len(granular)} granular groups, no group_policy"
    for group in sorted({each.group for each in found} - {each.group for each in found if each.amount}):
        whose = f"in group {group}" if group else "without a group"
        return f"its properties ask for traits {whose}, but for no resources there"
    kinds = {(each.group, each.name): each.kind for each in found if each.kind == "trait"}
    both = [each.name for each in found if each.kind == "no_trait" and (each.group, each.name) in kinds]
    return f"trait {both[0]} is both required and forbidden" if both else ""


def _destination(draft: Draft, wanted: Wanted, cloud: Cloud) -> str:
    """A requested host becomes in_tree; why not, when there is no such host (resources_from_request_spec)."""
    name = wanted.host or wanted.forced_host
    if not name:
        return ""
    nodes = [each for each in cloud.hosts if each.hypervisor and name in (each.host, each.node)]
    ids = [each.provider.id if each.provider else each.hypervisor.id for each in nodes if each.hypervisor]
    if not ids:
        return f"there is no compute host {name}"
    if len(ids) > 1:
        draft.unlimited = True
        return ""
    draft.in_tree = (ids[0], f"host {name} that was asked for")
    return ""


def _query(constraints: Collection[Constraint], group_policy: str) -> str:
    parts: list[tuple[str, str]] = []
    groups = sorted({each.group for each in constraints if not each.root})
    for suffix in groups:
        members = [each for each in constraints if each.group == suffix and not each.root]
        amounts = sorted(f"{each.name}:{each.amount}" for each in members if each.kind == "resource")
        if not amounts:
            return ""
        of = {kind: [each.name for each in members if each.kind == kind] for kind in _KINDS}
        parts.append((f"resources{suffix}", ",".join(amounts)))
        parts += [(f"required{suffix}", names) for names in _traits(members)]
        parts += [(f"required{suffix}", f"in:{name}") for name in of["any_trait"]]
        parts += [(f"member_of{suffix}", f"in:{name}") for name in of["member_of"]]
        parts += [(f"member_of{suffix}", f"!in:{name}") for name in of["not_member_of"]]
        parts += [(f"in_tree{suffix}", name) for name in of["in_tree"]]
    parts += [("root_required", names) for names in _traits([each for each in constraints if each.root])]
    if group_policy:
        parts.append(("group_policy", group_policy))
    return urlencode(sorted(parts), safe=",:!") if groups else ""


def _traits(members: Sequence[Constraint]) -> list[str]:
    """The one value of a "required" parameter, or none."""
    names = sorted(each.name for each in members if each.kind == "trait")
    names += [f"!{name}" for name in sorted(each.name for each in members if each.kind == "no_trait")]
    return [",".join(names)] if names else []


_KINDS = ("any_trait", "member_of", "not_member_of", "in_tree")


def _yes(value: str | None) -> bool:
    return (value or "").strip().lower() in {"true", "yes", "on", "1"}

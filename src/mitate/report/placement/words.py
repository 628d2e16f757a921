"""What every format says alike of a placement: the verdict, the request and the stages in words."""

from __future__ import annotations

from mitate.model.diagnosis import Confidence, State
from mitate.model.placement import (
    Change,
    Constraint,
    Explanation,
    Room,
    Stage,
    StageLeft,
    Usage,
    Verdict,
    Wanted,
)
from mitate.report.digest.words import clean, count, listing

STATE = {Verdict.FITS: State.OK, Verdict.NO_HOST: State.PROBLEM, Verdict.UNKNOWN: State.UNKNOWN}
_BARE = {
    Verdict.FITS: "A host would take it.",
    Verdict.NO_HOST: "No host would take it.",
    Verdict.UNKNOWN: "Whether a host would take it cannot be told.",
}
MEANS = {
    Stage.REQUEST: "no host was asked at all",
    Stage.PLACEMENT: "Placement has no candidate to offer",
    Stage.FILTERS: "the scheduler's filters turn every candidate away",
    Stage.CLAIM: "the hosts that were chosen had nothing left when it was to be claimed",
    Stage.SPAWN: 'hosts were chosen, and building failed on them: "no valid host" is an echo',
}
LONGEST = 4000
"""Characters of a line of commands: one that is cut cannot be used."""
SURE = {
    Confidence.PROVED: "proved: Placement itself was asked for it",
    Confidence.CONFIRMED: "confirmed by a second view",
    Confidence.INFERRED: "inferred: something could not be seen",
}
_KINDS = {
    "trait": "trait {}",
    "no_trait": "no trait {}",
    "any_trait": "one of the traits {}",
    "member_of": "aggregate {}",
    "not_member_of": "not in aggregate {}",
    "in_tree": "provider {}",
}


def headline(explanation: Explanation) -> str:
    """The verdict and what decided it, as a sentence."""
    says = clean(explanation.says, 600).rstrip(".")
    return f"{says}." if says else _BARE[explanation.verdict]


def request(wanted: Wanted) -> str:
    """64 VCPUs, 2,048 MiB of memory, 20 GiB of disk; image cirros; zone az2; hint group=web"""
    size = [
        count(wanted.vcpus, "VCPU"),
        f"{wanted.ram_mb:,} MiB of memory",
        f"{wanted.disk_gb:,} GiB of disk",
    ]
    if wanted.ephemeral_gb:
        size.append(f"{wanted.ephemeral_gb:,} GiB ephemeral")
    if wanted.swap_mb:
        size.append(f"{wanted.swap_mb:,} MiB of swap")
    parts = [", ".join(size)]
    if wanted.image is not None:
        parts.append(f"image {clean(wanted.image.name or wanted.image.id, 60)}")
    parts += ["from a volume"] if wanted.from_volume else []
    for what, value in (("zone", wanted.zone), ("host", wanted.host), ("forced to", wanted.forced_host)):
        parts += [f"{what} {clean(value, 60)}"] if value else []
    if wanted.group is not None:
        parts.append(f"group {clean(wanted.group.name, 60)} ({clean(wanted.group.policy, 30)})")
    parts += [pairs("property", wanted.extra_specs)] if wanted.extra_specs else []
    parts += [pairs("hint", wanted.hints)] if wanted.hints else []
    return "; ".join(parts)


def pairs(what: str, named: tuple[tuple[str, str], ...]) -> str:
    return f"{what} {listing([f'{name}={value}' for name, value in named], 4)}"


def subject(wanted: Wanted) -> str:
    """server big1 of flavour m1.huge · 3 servers of flavour m1.huge"""
    flavor = f"flavour {clean(wanted.flavor_name, 60)}" if wanted.flavor_name else "a flavour of its own"
    if wanted.server_id:
        return f"server {clean(wanted.name or wanted.server_id, 80)} of {flavor}"
    return f"{count(wanted.count, 'server') if wanted.count > 1 else 'a server'} of {flavor}"


def constraint(one: Constraint) -> str:
    """64 VCPU (flavour m1.huge)"""
    name = listing(one.name.split(","), 3)
    said = f"{one.amount:,} {name}" if one.kind == "resource" else _KINDS.get(one.kind, "{}").format(name)
    group = f" in group {clean(one.group, 30)}" if one.group else ""
    return f"{said}{group} ({clean(one.origin, 120)})" if one.origin else f"{said}{group}"


def together(constraints: tuple[Constraint, ...]) -> str:
    """A minimal unsatisfiable set: its only constraint, or those that no provider meets together."""
    return " together with ".join(map(constraint, constraints))


def filter_at_fault(explanation: Explanation) -> str:
    """The filter that left nobody, "" when it was none."""
    last = next((line for line in explanation.waterfall if not line.left), None)
    return last.name if last is not None and last.stage is Stage.FILTERS else ""


def amount(value: float | str | None) -> str:
    """
    >>> amount(12345), amount(0.5), amount("disabled"), amount(None)
    ('12,345', '0.5', 'disabled', '')
    """
    if value is None:
        return ""
    if isinstance(value, str):
        return clean(value, 120)
    return f"{value:,}" if isinstance(value, int) else f"{value:,.4g}"


def loss(line: StageLeft, before: int) -> str:
    return f"−{before - line.left:,}" if line.left < before else ""


def then(change: Change) -> str:
    """compute1, compute2 and 3 more would take it"""
    if not change.hosts_then:
        return ""
    return f"{listing(change.hosts_then, 4)} would take it"


def sum_of(usage: Usage) -> str:
    """What may be given out, and how that comes: (32 − 2) × 4 = 120"""
    if usage.total is None:
        return amount(usage.capacity)
    reserved = f"({usage.total:,} − {usage.reserved:,})" if usage.reserved else f"{usage.total:,}"
    if usage.ratio is None or usage.capacity is None:
        return reserved
    ratio = "" if usage.ratio == 1 else f" × {usage.ratio:g}"
    return f"{reserved}{ratio} = {usage.capacity:,}" if ratio or usage.reserved else f"{usage.capacity:,}"


def free(usage: Usage) -> int | None:
    return None if usage.capacity is None or usage.used is None else usage.capacity - usage.used


def mark(usage: Usage) -> State:
    """UNKNOWN where nobody told what there is."""
    if short(usage) or unfitting(usage):
        return State.PROBLEM
    return State.UNKNOWN if free(usage) is None else State.OK


def short(usage: Usage) -> str:
    """36 short; "" when there is enough, or it is not known."""
    left = free(usage)
    return f"{usage.wanted - left:,} short" if left is not None and usage.wanted > left else ""


def unfitting(usage: Usage) -> str:
    """What the inventory gives to nobody, however much is free; "" when nothing of the kind is in the way."""
    said = []
    if usage.max_unit is not None and usage.wanted > usage.max_unit:
        said.append(f"no server may have more than {usage.max_unit:,} (max_unit)")
    if usage.step_size and usage.wanted % usage.step_size:
        said.append(f"only multiples of {usage.step_size:,} are given (step_size)")
    return "; ".join(said)


def holders(usage: Usage, most: int = 3) -> str:
    """web1 40, db1 30 and 12 more"""
    return listing([f"{clean(who, 60)} {held:,}" for who, held in usage.by], most)


def largest(explanation: Explanation) -> Room | None:
    """The largest flavour that fits, with how many of it there is room for where that is known of all."""
    one = explanation.largest
    return one and next((each for each in explanation.rooms if each.flavor == one.flavor), one)


def room(one: Room) -> str:
    """14 of m1.large now, 9 if compute1 died"""
    if not one.now:
        return f"none of {clean(one.flavor, 60)}"
    after = f" if {clean(one.host, 60)} died" if one.host else " if the host that holds most of them died"
    return f"{one.now:,} of {clean(one.flavor, 60)} now, {one.after_loss:,}{after}"

"""Why a request gets no host: every host asked everything, the waterfall, the verdict."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import msgspec

from mitate.analyze.placement.answers import Unseen
from mitate.analyze.placement.capacity import largest, rooms
from mitate.analyze.placement.changes import smallest_changes
from mitate.analyze.placement.cloud import Cloud, HostState
from mitate.analyze.placement.judge import Judged, Judgement, judge
from mitate.analyze.placement.minimal import unsatisfiable
from mitate.analyze.placement.offers import held, offer
from mitate.analyze.placement.request import Ask
from mitate.analyze.placement.several import Served, enough, served
from mitate.analyze.placement.stage import Death, death
from mitate.analyze.placement.waterfall import REQUEST, waterfall
from mitate.analyze.words import listed
from mitate.model.cloud import Hypervisor
from mitate.model.diagnosis import Evidence
from mitate.model.placement import (
    Constraint,
    Explanation,
    HostAnswer,
    Provider,
    Stage,
    Usage,
    Verdict,
    Wanted,
)

NEAREST = 4
HINTED = {
    "DifferentHostFilter",
    "JsonFilter",
    "SameHostFilter",
    "ServerGroupAffinityFilter",
    "ServerGroupAntiAffinityFilter",
    "SimpleCIDRAffinityFilter",
}
"""The filters that obey a server's scheduler hints."""


def explain(
    wanted: Wanted,
    ask: Ask,
    cloud: Cloud,
    *,
    microversion: str = "",
    took_s: float = 0.0,
    api_requests: int = 0,
) -> Explanation:
    """The answer of ``mitate placement``. microversion: the highest of the compute API, "" if unknown."""
    died = death(wanted, cloud)
    judgement = judge(wanted, ask, cloud, microversion, died.emptied)
    found = served(wanted, ask, cloud, judgement) if wanted.count > 1 and not ask.refused else None
    verdict, stage, says = _verdict(wanted, ask, cloud, judgement, died, found)
    refused = verdict is not Verdict.FITS
    changes = smallest_changes(wanted, judgement.hosts, cloud) if refused else ()
    if found:
        changes = enough(wanted, found, changes)
    near = _nearest(judgement.hosts, NEAREST)
    return Explanation(
        cloud=cloud.snapshot.cloud,
        taken_at=cloud.snapshot.taken_at,
        wanted=wanted,
        verdict=verdict,
        stage=stage,
        says=says,
        took_s=took_s,
        api_requests=api_requests,
        waterfall=waterfall(judgement, dict(died.left), ask),
        hosts=tuple(_answer(each, judgement, ask) for each in judgement.hosts),
        unsatisfiable=minimal_sets(ask, cloud, judgement) if refused else (),
        smallest_changes=changes if refused else (),
        usages=tuple(row for each in near for row in _usages(each.host, ask, cloud)),
        largest=largest(wanted, judgement.hosts, cloud),
        rooms=rooms(wanted, judgement.hosts, cloud),
        first_cause=died.first_cause,
        evidence=died.evidence,
        assumptions=tuple(dict.fromkeys((*judgement.assumptions, *wanted.unseen))),
        gaps=cloud.snapshot.gaps,
    )


def nearest(
    wanted: Wanted, ask: Ask, cloud: Cloud, n: int = NEAREST, microversion: str = ""
) -> tuple[HostState, ...]:
    """The hosts with the fewest refusals, whose inventories and allocations are worth asking for."""
    judgement = judge(wanted, ask, cloud, microversion)
    return tuple(each.host for each in _nearest(judgement.hosts, n) if each.host.provider)


def minimal_sets(ask: Ask, cloud: Cloud, judgement: Judgement) -> tuple[tuple[Constraint, ...], ...]:
    """Without those that Placement itself found candidates for."""
    sets = unsatisfiable(ask, cloud, judgement.met)
    kept = []
    for each in sets:
        said = cloud.candidates.get(ask.proof(each))
        if said is None or not said.roots:
            kept.append(each)
    return tuple(kept)


def proofs(ask: Ask, sets: Sequence[tuple[Constraint, ...]]) -> tuple[str, ...]:
    """Queries that prove minimal sets, the most telling first: each set alone must have no candidate, and the
    whole without one of its members may have some."""
    alone = [ask.proof(each) for each in sets]
    relaxed = [ask.query(without=(member,)) for each in sets for member in each]
    return tuple(dict.fromkeys(query for query in (*alone, *relaxed) if query))


# -- the verdict ------------------------------------------------------------


def _verdict(
    wanted: Wanted, ask: Ask, cloud: Cloud, judgement: Judgement, died: Death, found: Served | None
) -> tuple[Verdict, Stage | None, str]:
    """found: of a request for several servers how many of them get a host."""
    if ask.refused:
        whose = (
            "Placement refuses the request"
            if ask.stage is Stage.PLACEMENT
            else "The request itself is refused"
        )
        return Verdict.NO_HOST, ask.stage, f"{whose}: {ask.refused}."
    if died.first_cause and died.stage:
        return Verdict.NO_HOST, died.stage, died.says
    takers = [each.host.host for each in judgement.hosts if each.takes_it]
    maybe = [each for each in judgement.hosts if not each.refusals and each.unknown]
    if takers and died.stage is Stage.FILTERS and any("hints" in each for each in wanted.unseen):
        return _hidden(takers, died)
    if found and found.most and found.least < wanted.count:
        return _several(wanted, found)
    if takers:
        them = f"them, all {wanted.count}," if found else "it"
        return Verdict.FITS, None, f"{_hosts(takers)} would take {them} now. {died.says}".strip()
    if maybe:
        reasons = Counter(reason for each in maybe for reason in each.unknown)
        why = "; ".join(reason for reason, _ in reasons.most_common(3))
        unsure = f"Whether {_hosts([each.host.host for each in maybe])} would take it cannot be told: {why}."
        return Verdict.UNKNOWN, None, unsure
    if not judgement.hosts and (cloud.snapshot.blind(Hypervisor) or cloud.snapshot.blind(Provider)):
        return Verdict.UNKNOWN, None, "No host was seen at all."
    if not judgement.hosts:
        return Verdict.NO_HOST, Stage.PLACEMENT, "The cloud has no compute host at all."
    return _no_host(judgement)


def _several(wanted: Wanted, found: Served) -> tuple[Verdict, Stage | None, str]:
    """Of a request for more servers than surely get a host."""
    if found.most < wanted.count and found.least:
        return Verdict.NO_HOST, found.stage, found.says(wanted.count)
    if found.most < wanted.count:
        says = f"At most {found.most} of the {wanted.count} servers get a host: {found.why_open}."
        return Verdict.NO_HOST, found.stage, says
    says = f"Whether all {wanted.count} servers get a host cannot be told: {found.why_open}"
    return Verdict.UNKNOWN, None, f"{says}. {found.least} do." if found.least else f"{says}."


def _hidden(takers: list[str], died: Death) -> tuple[Verdict, Stage | None, str]:
    """The filters refused a server whose hints nobody tells any more: without them hosts would take it."""
    last = died.emptied.filter if died.emptied else ""
    without = f"Without its scheduler hints, which this release does not tell, {_hosts(takers)} would take it"
    if last in HINTED:
        return Verdict.NO_HOST, Stage.FILTERS, f"{last} left no host, by Nova's own log. {without}."
    if last:
        return Verdict.FITS, None, f"{_hosts(takers)} would take it now. {died.says}"
    return Verdict.UNKNOWN, None, f"{without}; with them the filters may refuse every host. {died.says}"


def _no_host(judgement: Judgement) -> tuple[Verdict, Stage, str]:
    if judgement.refused:
        says = f"Placement refuses the request: {judgement.refused}"
        return Verdict.NO_HOST, Stage.PLACEMENT, says
    reached = {each.refusals[0].stage for each in judgement.hosts}
    stage = next(each for each in reversed(Stage) if each in reached)
    counts = Counter(each.refusals[0].by for each in judgement.hosts).most_common()
    number = len(judgement.hosts)
    says = f"No host would take it: {'the only one is' if number == 1 else f'all {number} are'} refused"
    if len(counts) == 1:
        return Verdict.NO_HOST, stage, f"{says} by {counts[0][0]}."
    parts = [f"{some} by {by}" for by, some in counts[:4]]
    more = len(counts) - len(parts)
    parts += [f"the others by {more} more"] if more else []
    return Verdict.NO_HOST, stage, f"{says}: {listed(parts)}."


def _hosts(names: Sequence[str]) -> str:
    shown = sorted(set(names))
    if len(shown) > 4:
        return f"{', '.join(shown[:3])} and {len(shown) - 3} more hosts"
    return listed(shown)


# -- one host ------------------------------------------------------------


def _answer(each: Judged, judgement: Judgement, ask: Ask) -> HostAnswer:
    if ask.refused:
        return HostAnswer(
            host=each.host.host, rejected_by=REQUEST, stage=ask.stage, line=REQUEST, says=ask.refused
        )
    refusals = each.refusals
    if not refusals:
        return HostAnswer(host=each.host.host, unknown="; ".join(dict.fromkeys(each.unknown)))
    first = refusals[0]
    return HostAnswer(
        host=each.host.host,
        rejected_by=first.by,
        stage=first.stage,
        line=next(step.name for step, said in zip(judgement.steps, each.steps, strict=True) if said is first),
        wanted=first.wanted,
        available=first.available,
        says=first.says,
        more=tuple(dict.fromkeys(one.says for one in refusals[1:])),
        evidence=tuple(Evidence.of(fact) for one in refusals[:3] for fact in one.seen[:2]),
    )


def _nearest(hosts: Sequence[Judged], n: int) -> list[Judged]:
    """Those with the fewest refusals; of them those that lack the smallest part of what is asked for."""

    def lack(each: Judged) -> tuple[int, float, str]:
        missing = 0.0
        for one in each.refusals:
            if isinstance(one.wanted, int) and isinstance(one.available, int) and one.wanted:
                missing += (one.wanted - one.available) / one.wanted
            else:
                missing += 1
        return (len(each.refusals), missing, each.host.host)

    return sorted(hosts, key=lack)[:n]


def _usages(host: HostState, ask: Ask, cloud: Cloud) -> list[Usage]:
    """Each class that is asked for, and who uses most of it."""
    if host.provider is None:
        return []
    rows = []
    for one in ask.constraints:
        if one.kind != "resource" or one.group:
            continue
        try:
            here = offer(cloud, host.provider, one.name, host.hypervisor)
        except Unseen:
            continue
        row = Usage(host=host.host, resource_class=one.name, wanted=one.amount)
        if here.inventory:
            row = msgspec.structs.replace(
                row,
                total=here.inventory.total,
                reserved=here.inventory.reserved,
                ratio=here.inventory.ratio,
                capacity=here.capacity,
                used=here.used,
                max_unit=here.most,
                step_size=here.inventory.step_size,
                by=tuple(
                    (_name(cloud, each.consumer_id), each.amount)
                    for each in held(cloud, host.provider, one.name)[:5]
                ),
            )
        rows.append(row)
    return rows


def _name(cloud: Cloud, consumer: str) -> str:
    server = cloud.servers.get(consumer)
    return server.name if server and server.name else consumer

"""The answer: every group in rank order, the likeliest origin of the failure first, its echoes after it."""

from __future__ import annotations

from collections.abc import Sequence

from mitate.analyze.logs.blamed import blamed
from mitate.analyze.logs.clues import clues
from mitate.analyze.logs.compare import compare
from mitate.analyze.logs.draft import Draft, of_trouble, refused
from mitate.analyze.logs.echoes import link
from mitate.analyze.logs.former import Former
from mitate.analyze.logs.long import long_work
from mitate.analyze.logs.outcomes import Fates, mistake
from mitate.analyze.logs.profile import Profile
from mitate.analyze.logs.stuck import stopped, stuck
from mitate.analyze.logs.unbegun import unbegun
from mitate.model.log_answer import Answer, Group, Kind, Outcome, Read, Spot
from mitate.model.logs import Event

MOST_GROUPS = 300
MOST_LINES = 60
ORDER = (Outcome.FAILED, Outcome.RECOVERED, Outcome.ASIDE, Outcome.USUAL)
_BASE = {
    Kind.ERROR: 40.0,
    Kind.STUCK: 25.0,
    Kind.HTTP: 20.0,
    Kind.MISSING: 10.0,
    Kind.SLOWER: 12.0,
    Kind.SILENT: 8.0,
}


def answer(
    profile: Profile,
    baseline: Profile | None = None,
    read: Read | None = None,
    former: Former | None = None,
    until: float | None = None,
) -> Answer:
    """What failed by these logs.

    baseline: of a healthy time, of the same work or of yesterday. former: of the time before the one that is
    asked about. until: when that ends, None: with the last event.
    """
    fates = Fates(profile, baseline)
    end = until if until is not None else profile.last
    lasted = end - former.until if former and end is not None else None
    drafts = []
    pairs = [(of_trouble(seen), seen) for seen in profile.trouble.values()]
    for draft, seen in (*pairs, *((draft, None) for draft in refused(profile))):
        fates.judge(draft, seen)
        if former and lasted is not None:
            former.judge(draft, lasted, seen.key if seen else None)
        drafts.append(draft)
    drafts += stuck(profile)
    drafts += stopped(profile)
    drafts += unbegun(profile)
    differs = compare(profile, baseline) if baseline is not None else None
    drafts += differs.drafts if differs else long_work(profile)
    link(drafts, profile)
    drafts += list(blamed(drafts, profile))
    _promote(drafts)
    for draft in drafts:
        root = draft.root()
        root.echoes += 1 if draft.echo_of is not None else 0
        if draft.surge:
            draft.leads = True
            root.leads = root.leads or draft.outcome is root.outcome
    for draft in drafts:
        draft.weight = _weight(draft)
    roots = [draft for draft in _ordered(drafts) if draft.echo_of is None]
    failing = [draft for draft in roots if draft.outcome is Outcome.FAILED]
    ordered = _ordered([*drafts, *clues(failing, profile)])
    return Answer(
        groups=_groups(ordered[:MOST_GROUPS]),
        missing=differs.missing if differs else (),
        slower=differs.slower if differs else (),
        silent=differs.silent if differs else (),
        earlier=former.since if former else None,
        read=read or Read(events=profile.events),
        compared=baseline is not None,
    )


def _promote(drafts: Sequence[Draft]) -> None:
    """What a failure is an echo of has failed it, whatever it looked like by itself."""
    for draft in drafts:
        if draft.outcome is not Outcome.FAILED:
            continue
        here = draft.echo_of
        for _ in range(20):
            if here is None:
                break
            if here.outcome in (Outcome.ASIDE, Outcome.RECOVERED):
                here.outcome, here.why = Outcome.FAILED, ""
            here = here.echo_of


def _weight(draft: Draft) -> float:
    weight = _BASE.get(draft.kind, 0.0)
    if draft.kind is Kind.HTTP and draft.status < 500:
        weight -= 15
    weight += 25 if draft.kind is Kind.ERROR and mistake(draft) else 0
    weight += 15 if draft.users else 0
    weight += min(45, 15 * draft.echoes)
    weight += 10 if draft.before == 0 else 0
    weight -= 20 if draft.asked is not None else 0
    return weight + draft.weight


def _ordered(drafts: Sequence[Draft]) -> list[Draft]:
    """Roots by outcome and weight, each followed by its clues and its echoes."""
    echoes: dict[int, list[Draft]] = {}
    for draft in drafts:
        if draft.echo_of is not None:
            echoes.setdefault(id(draft.root()), []).append(draft)
    roots = sorted((draft for draft in drafts if draft.echo_of is None), key=_rank)
    ordered = []
    for root in roots:
        after = echoes.get(id(root), [])
        near = [draft for draft in after if draft.kind is Kind.CLUE]
        ordered += [
            root,
            *near,
            *sorted((draft for draft in after if draft.kind is not Kind.CLUE), key=_rank),
        ]
    return ordered


def _rank(draft: Draft) -> tuple[int, bool, float, float, str, str]:
    first = draft.first if draft.first is not None else float("inf")
    return ORDER.index(draft.outcome), not draft.leads, -draft.weight, first, draft.service, draft.template


def _groups(drafts: Sequence[Draft]) -> tuple[Group, ...]:
    ranks = {id(draft): rank for rank, draft in enumerate(drafts, 1)}
    return tuple(
        Group(
            rank=rank,
            kind=draft.kind,
            outcome=draft.outcome,
            level=draft.level,
            template=draft.template,
            service=draft.service,
            project=draft.project,
            hosts=tuple(draft.hosts),
            count=draft.count,
            first=draft.first,
            last=draft.last,
            before=draft.before,
            earlier=draft.earlier,
            rate=_hourly(draft.rate),
            rate_before=_hourly(draft.rate_before),
            surge=draft.surge,
            origin=draft.origin,
            request_ids=tuple(draft.requests),
            resources=tuple(draft.resources),
            echo_of=ranks.get(id(draft.echo_of)) if draft.echo_of is not None else None,
            why=draft.why,
            spot=_spot(draft.events[0]) if draft.events else None,
            example=_example(draft.events[0]) if draft.events else draft.said,
        )
        for rank, draft in enumerate(drafts, 1)
    )


def _hourly(rate: float | None) -> float | None:
    return None if rate is None else rate * 3600


def _spot(event: Event) -> Spot:
    return Spot(event.host, event.file, event.position, event.at, event.process)


def _example(event: Event) -> tuple[str, ...]:
    return (event.message, *event.lines[: MOST_LINES - 1])

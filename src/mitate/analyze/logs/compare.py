"""What a healthy time had and this has not: what always followed, how long it took, who wrote at all."""

from __future__ import annotations

import bisect
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from statistics import median

import msgspec

from mitate.analyze.logs.draft import Draft
from mitate.analyze.logs.origin import by_logger, by_route
from mitate.analyze.logs.profile import Key, Profile, Step
from mitate.analyze.logs.spans import Own, gaps, own_times, sequences
from mitate.model.log_answer import Kind, Missing, Outcome, Silent, Slower

TIMES, MORE_S = 2.5, 5.0
"""How much slower is slower: both by the factor and by the seconds, than the slowest of the baseline."""
HICCUP_S = 6.0
"""What one of many may take longer on a busy machine."""
PATIENCE_S = 10.0
SLACK_S = 2.0
"""Who answers writes that down after what it set going has begun."""
MOST = 40
MOST_KINDS, MOST_TIMES = 80, 20
"""Templates of one request or resource that are held against one another, and occurrences of each."""
QUIET_S = 60.0
AROUND_S = 10.0
"""Seconds around something slow in which it is seen whether all else was slow as well."""
_IDLE = re.compile(r"[Ss]kip|[Ii]gnor|already|pending task|outlasted|No calling threads|[Ww]aiting for")
"""Lines that say that nothing was done: whether they come is a matter of the moment."""


class Differences(msgspec.Struct):
    drafts: list[Draft]
    missing: tuple[Missing, ...]
    slower: tuple[Slower, ...]
    silent: tuple[Silent, ...]


def compare(profile: Profile, baseline: Profile) -> Differences:
    load = _Load(profile, baseline)
    slow = [
        *_slow_answers(profile, baseline, load),
        *_slow_steps(profile, baseline, load),
        *_slow_words(profile, baseline, load),
    ]
    slow = _innermost(slow)
    missing = list(_missing(profile, baseline))
    silent = list(_silent(profile, baseline))
    drafts = [
        *(each.draft for each in slow[:MOST]),
        *(draft for _, draft in (*missing[:MOST], *silent[:MOST])),
    ]
    return Differences(
        drafts,
        tuple(each for each, _ in missing[:MOST]),
        tuple(each.told for each in slow[:MOST]),
        tuple(each for each, _ in silent[:MOST]),
    )


# -- slower -------------------------------------------------------------------------------------------------


class Slow(msgspec.Struct):
    """excess: seconds more than in the baseline. usual: seconds there. begins, ends: when it was slow."""

    told: Slower
    draft: Draft
    excess: float
    usual: float
    begins: float
    ends: float


def _much(now: float, before: float) -> bool:
    return now >= TIMES * before and now - before >= MORE_S


def _telling(slow: Sequence[float], of: int, usual: float) -> bool:
    """Whether it is more than a hiccup: most were slow, or one was beyond all measure."""
    return bool(slow) and (2 * len(slow) >= of or max(slow) - usual >= HICCUP_S)


class _Load:
    """How much slower everything else was at a time: what a busy machine explains.

    By answers of routes that the baseline knows, against their median there.
    """

    def __init__(self, profile: Profile, baseline: Profile) -> None:
        usual = {what: max(0.02, median(times)) for what, times in baseline.times.items() if times}
        known = [
            (answer.at, answer.seconds / usual[answer.service, answer.route], (answer.service, answer.route))
            for answer in profile.answers
            if (answer.service, answer.route) in usual
        ]
        self._ratios = sorted(known)
        self._all = median(ratio for _, ratio, _ in known) if known else 1.0

    def at(self, begins: float, ends: float, what: tuple[str, str] = ("", "")) -> float:
        """At least 1, at most 10. what: the service and route that is asked about, which does not count."""
        low = bisect.bisect_left(self._ratios, (begins - AROUND_S,))
        high = bisect.bisect_right(self._ratios, (ends + AROUND_S,))
        then = [ratio for _, ratio, which in self._ratios[low:high] if which != what]
        busy = max(self._all, median(then)) if len(then) >= 3 else self._all
        return min(10.0, max(1.0, busy))


def _slow_answers(profile: Profile, baseline: Profile, load: _Load) -> Iterator[Slow]:
    known = own_times(baseline.answers)
    for (service, route), answers in sorted(own_times(profile.answers).items()):
        usual = max((each.seconds for each in known.get((service, route), ())), default=None)
        if usual is None:
            continue
        worst = [
            each
            for each in answers
            if _much(each.seconds, usual)
            and _much(each.seconds, usual * load.at(each.begins, each.answer.at, (service, route)))
        ]
        if not _telling([each.seconds for each in worst], len(answers), usual):
            continue
        yield _slow_answer(service, route, worst, usual)


def _slow_answer(service: str, route: str, worst: list[Own], usual: float) -> Slow:
    one = max(worst, key=lambda each: each.seconds)
    now = median(each.seconds for each in worst)
    draft = _draft(
        Kind.SLOWER,
        f"{route}: {now:.1f} s, {usual:.1f} s at most in the baseline",
        service,
        one.answer.project,
        times=sorted(each.answer.at for each in worst),
        ids={one.answer.request, one.answer.global_request} - {""},
    )
    draft.origin = by_route(one.answer.project, route)
    draft.route = route
    draft.hosts = [one.answer.host] if one.answer.host else []
    draft.weight = min(20.0, now - usual)
    return Slow(
        Slower(service, route, round(usual, 3), round(now, 3)),
        draft,
        now - usual,
        usual,
        one.answer.at - one.answer.seconds,
        one.answer.at,
    )


def _slow_steps(profile: Profile, baseline: Profile, load: _Load) -> Iterator[Slow]:
    known = gaps(baseline.steps)
    for (before, after), found in sorted(gaps(profile.steps).items()):
        usual = max((gap.seconds for gap in known.get((before, after), ())), default=None)
        if usual is None:
            continue
        worst = [
            gap
            for gap in found
            if _much(gap.seconds, usual) and _much(gap.seconds, usual * load.at(gap.before.at, gap.after.at))
        ]
        if not _telling([gap.seconds for gap in worst], len(found), usual):
            continue
        one = max(worst, key=lambda gap: gap.seconds)
        what = f"{_short(before)} → {_short(after)}"
        draft = _draft(
            Kind.SLOWER,
            f"{what}: {one.seconds:.1f} s, {usual:.1f} s at most in the baseline",
            after.service,
            after.service.partition("-")[0],
            times=sorted(gap.after.at for gap in worst),
            ids={gap.id for gap in worst},
        )
        draft.origin = by_logger(after.logger) or by_logger(before.logger)
        draft.weight = min(15.0, one.seconds - usual) - 3
        yield Slow(
            Slower(after.service, what, round(usual, 3), round(one.seconds, 3)),
            draft,
            one.seconds - usual,
            usual,
            one.before.at,
            one.after.at,
        )


def _slow_words(profile: Profile, baseline: Profile, load: _Load) -> Iterator[Slow]:
    """What lines themselves say that it took."""
    for key, seen in sorted(profile.plain.items()):
        before = baseline.plain.get(key)
        if not seen.took or before is None or not before.took:
            continue
        now, usual = max(seen.took), max(before.took)
        if seen.last is None or not _much(now, usual * load.at(seen.last - now, seen.last)):
            continue
        draft = _draft(
            Kind.SLOWER,
            f"{_short(key)}: {now:.1f} s, {usual:.1f} s at most in the baseline",
            key.service,
            seen.project,
            times=[seen.last],
            ids=set(seen.requests) | set(seen.resources),
        )
        draft.origin = by_logger(key.logger)
        draft.weight = min(15.0, now - usual) - 6
        yield Slow(
            Slower(key.service, _short(key), round(usual, 3), round(now, 3)),
            draft,
            now - usual,
            usual,
            seen.last - now,
            seen.last,
        )


def _innermost(slow: list[Slow]) -> list[Slow]:
    """In order; what was slow only because it waited for something else that was slow becomes its echo.

    That one lies within it, and takes less time where all is well: it is the more exact of the two.
    """
    for each in slow:
        inner = [
            other
            for other in slow
            if other is not each
            and other.begins >= each.begins - 0.5
            and other.ends <= each.ends + 0.5
            and other.excess >= 0.4 * each.excess
            and (other.usual, other.ends - other.begins) < (each.usual, each.ends - each.begins)
        ]
        if inner:
            best = min(inner, key=lambda other: (other.usual, other.ends - other.begins))
            if best.draft.root() is not each.draft:
                each.draft.echo_of = best.draft
                each.draft.why = "it waited for what is slower"
    return sorted(
        slow,
        key=lambda each: (each.draft.echo_of is not None, -each.excess, each.told.service, each.told.what),
    )


# -- missing ------------------------------------------------------------------------------------------------


class _Pair(msgspec.Struct):
    """lag: seconds at most until it came."""

    count: int = 0
    lag: float = 0.0


class _Lacking(msgspec.Struct):
    """due: when it should have come, ``lag`` seconds after ``after``."""

    lag: float
    due: float
    after: Key
    ids: set[str] = msgspec.field(default_factory=set)


def _always(a: Key, pairs: Mapping[Key, _Pair]) -> list[tuple[float, Key]]:
    """What comes after each occurrence of a template, twice at least."""
    count = pairs[a].count
    return [
        (pair.lag, b)
        for b, pair in pairs.items()
        if b != a and pair.count == count >= 2 and b.level != "WARNING" and not _IDLE.search(b.template)
    ]


def _times(steps: Sequence[Step]) -> dict[Key, list[float]]:
    found: dict[Key, list[float]] = {}
    for step in steps:
        times = found.setdefault(step.key, [])
        if len(times) < MOST_TIMES:
            times.append(step.at)
    return found if len(found) <= MOST_KINDS else {}


def _follows(every: Mapping[str, Sequence[Step]]) -> dict[Key, dict[Key, _Pair]]:
    """How often, and after how long, a template comes after another of the same request or resource.

    A pair of one and the same template counts how often that is there.
    """
    pairs: dict[Key, dict[Key, _Pair]] = defaultdict(dict)
    for steps in every.values():
        times = _times(steps)
        for a, begun in times.items():
            of_a = pairs[a]
            of_a.setdefault(a, _Pair()).count += len(begun)
            for b, ended in times.items():
                if a == b:
                    continue
                lags = [ended[at] - t for t in begun if (at := bisect.bisect_left(ended, t)) < len(ended)]
                if lags:
                    pair = of_a.setdefault(b, _Pair())
                    pair.count += len(lags)
                    pair.lag = max(pair.lag, *lags)
    return pairs


def _missing(profile: Profile, baseline: Profile) -> Iterator[tuple[Missing, Draft]]:
    """What always followed in the baseline and did not here; first what should have come first."""
    known = _follows(sequences(baseline))
    always = {a: _always(a, pairs) for a, pairs in known.items()}
    lacking: dict[Key, _Lacking] = {}
    alive = {service for service, _ in profile.services}
    end = profile.last or 0.0
    for each, steps in sequences(profile).items():
        times = _times(steps)
        for a, begun in times.items():
            for lag, wanted in always.get(a, ()):
                due = begun[-1] + lag
                if wanted.service not in alive or due + 2 * lag + PATIENCE_S > end:
                    continue
                if (ended := times.get(wanted)) and ended[-1] >= begun[-1] - SLACK_S:
                    continue
                lack = lacking.setdefault(wanted, _Lacking(lag, due, a))
                lack.ids.add(each)
                if (lag, due) < (lack.lag, lack.due):
                    lack.lag, lack.due, lack.after = lag, due, a
    for wanted, lack in sorted(lacking.items(), key=lambda item: (item[1].due, item[0])):
        lag, due, after, ids = lack.lag, lack.due, lack.after, lack.ids
        says = f"in the baseline after each “{_short(after)}” within {lag:.1f} s, absent here"
        draft = _draft(
            Kind.MISSING,
            f"{_short(wanted)}: {says}",
            wanted.service,
            wanted.service.partition("-")[0],
            times=[due],
            ids=ids,
        )
        draft.origin = by_logger(wanted.logger) or (
            by_route(draft.project, wanted.template) if not wanted.logger else None
        )
        draft.count = len(ids)
        draft.weight = 0.0 if wanted in profile.plain else 8.0
        yield Missing(wanted.service, _short(wanted), _short(after), known[after][wanted].count, says), draft


# -- silent -------------------------------------------------------------------------------------------------


def _silent(profile: Profile, baseline: Profile) -> Iterator[tuple[Silent, Draft]]:
    """Services that wrote a good deal in the baseline and nothing here, or stopped long before the end."""
    if profile.last is None or profile.first is None:
        return
    length = max(1.0, (baseline.last or 0) - (baseline.first or 0))
    here = {host for _, host in profile.services}
    for (service, host), (_, _, count) in sorted(baseline.services.items()):
        if count < 10 or host not in here:
            continue
        now = profile.services.get((service, host))
        last = now[1] if now else None
        expected = QUIET_S + 5 * length / count
        quiet = profile.last - (last if last is not None else profile.first)
        if quiet < expected:
            continue
        draft = _draft(
            Kind.SILENT,
            f"{service} on {host} wrote nothing more",
            service,
            service.partition("-")[0],
            times=[],
            ids=set(),
        )
        draft.hosts = [host] if host else []
        draft.why = f"{count:,} events in the baseline, here none for {quiet:.0f} s until the logs end"
        draft.first = draft.last = last
        yield Silent(service, host, last), draft


def _draft(
    kind: Kind, template: str, service: str, project: str, *, times: list[float], ids: set[str]
) -> Draft:
    return Draft(
        kind=kind,
        level="",
        template=template,
        service=service,
        project=project,
        hosts=[],
        count=max(1, len(times)),
        times=times,
        ids=ids,
        requests=sorted(each for each in ids if each.startswith("req-"))[:20],
        resources=sorted(each for each in ids if not each.startswith("req-"))[:20],
        outcome=Outcome.FAILED,
        before=None,
        first=times[0] if times else None,
        last=times[-1] if times else None,
    )


def _short(key: Key) -> str:
    return key.template if len(key.template) <= 90 else key.template[:89] + "…"

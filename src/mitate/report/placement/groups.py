"""Host answers in groups, so that five thousand hosts that say the same are one line with a count."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

import msgspec

from mitate.model.placement import Explanation, HostAnswer, Stage, StageLeft
from mitate.report.digest.words import clean, listing, place
from mitate.report.placement.words import amount

ORDER = {stage: place for place, stage in enumerate(Stage)}


class Alike(msgspec.Struct, frozen=True):
    """Hosts whose answers differ in nothing but the host's name. says, more: what they say, and what they
    would say next; without the name, where there are several. answer: that of the first."""

    hosts: tuple[str, ...]
    says: str
    more: str
    answer: HostAnswer


class Refusers(msgspec.Struct, frozen=True):
    """All hosts whose first no was this one, the nearest to fitting first. by: as HostAnswer.rejected_by."""

    stage: Stage
    by: str
    alike: tuple[Alike, ...]

    @property
    def hosts(self) -> int:
        return sum(len(each.hosts) for each in self.alike)

    @property
    def wanted(self) -> str:
        """The same of all, else ""."""
        every = {amount(each.answer.wanted) for each in self.alike}
        return every.pop() if len(every) == 1 else ""


def refusers(explanation: Explanation) -> list[Refusers]:
    """Who said no, in the order in which the request meets the noes."""
    groups: dict[tuple[Stage, str], list[HostAnswer]] = defaultdict(list)
    for answer in explanation.hosts:
        if answer.rejected_by:
            groups[answer.stage or Stage.PLACEMENT, answer.rejected_by].append(answer)
    found = [Refusers(stage, by, tuple(_alike(answers))) for (stage, by), answers in groups.items()]
    places = {(one.stage, one.by): met(explanation.waterfall, one.alike[0].answer) for one in found}
    return sorted(found, key=lambda one: (ORDER[one.stage], places[one.stage, one.by], -one.hosts, one.by))


def met(waterfall: Sequence[StageLeft], answer: HostAnswer) -> int:
    """The place of the line at which it said no; behind the last when there is none."""
    lines = [(line.stage, line.name) for line in waterfall]
    fell = answer.stage or Stage.PLACEMENT, answer.line or answer.rejected_by
    return lines.index(fell) if fell in lines else len(lines)


def near(explanation: Explanation) -> list[HostAnswer]:
    """All hosts: those that take it, those of which it cannot be told, then the nearest to fitting, and of
    equals those that came furthest."""

    def far(answer: HostAnswer) -> tuple[object, ...]:
        more, *rest = _far(answer)
        came = ORDER[answer.stage] if answer.stage is not None else len(ORDER)
        return bool(answer.rejected_by), bool(answer.unknown), more, -came, *rest

    return sorted(explanation.hosts, key=far)


def accepted(explanation: Explanation) -> list[str]:
    return [answer.host for answer in explanation.hosts if not answer.rejected_by and not answer.unknown]


def undecided(explanation: Explanation) -> list[Alike]:
    """Hosts of which it cannot be told, by the reason."""
    return _alike(answer for answer in explanation.hosts if answer.unknown and not answer.rejected_by)


def span(alike: Sequence[Alike]) -> str:
    """What the hosts have instead, from the least to the most: 4 to 28. "" where that is no number."""
    every = [each.answer.available for each in alike]
    numbers = [value for value in every if isinstance(value, int | float)]
    if not numbers or len(numbers) < len(every):
        return ""
    low, high = amount(min(numbers)), amount(max(numbers))
    return low if low == high else f"{low} to {high}"


def assumed(explanation: Explanation) -> tuple[str, ...]:
    """What was taken for granted, each once."""
    return tuple(dict.fromkeys((*explanation.assumptions, *explanation.wanted.unseen)))


def unseen(explanation: Explanation) -> tuple[str, ...]:
    """compute1, compute2 and 898 more: configuration: no answer"""
    where: dict[tuple[str, str], dict[str, None]] = defaultdict(dict)
    for gap in explanation.gaps:
        where[gap.what, gap.why][place(gap.where)] = None
    return tuple(f"{listing(list(names))}: {what}: {why}" for (what, why), names in where.items())


def named(hosts: Sequence[str], room: int) -> str:
    """As many names as go into ``room`` columns, at least one, and how many more there are.

    >>> named(["az1", "az2", "az3", "az4"], 12), named(["a-very-long-name", "b"], 12)
    ('az1, az2 +2', 'a-very-l… +1')
    """
    names = [clean(host, room) for host in hosts[: room + 1]]
    for number in range(len(names), 1, -1):
        left = len(hosts) - number
        shown = ", ".join(names[:number]) + (f" +{left:,}" if left else "")
        if len(shown) <= room:
            return shown
    rest = f" +{len(hosts) - 1:,}" if len(hosts) > 1 else ""
    return clean(hosts[0], room - len(rest)) + rest


def _alike(answers: Iterable[HostAnswer]) -> list[Alike]:
    same: dict[tuple[object, ...], list[HostAnswer]] = defaultdict(list)
    for each in answers:
        words = nameless(each.says, each.host), nameless(further(each), each.host)
        same[*words, each.unknown, amount(each.wanted), amount(each.available)].append(each)
    found = [_made(members) for members in same.values()]
    return sorted(found, key=lambda alike: _far(alike.answer))


def _made(members: Sequence[HostAnswer]) -> Alike:
    first = members[0]
    hosts = tuple(answer.host for answer in members)
    says, more = own_words(first), further(first)
    if len(hosts) > 1:
        says, more = nameless(says, first.host), nameless(more, first.host)
    return Alike(hosts, says, more, first)


def further(answer: HostAnswer) -> str:
    """What it would say next: the words of one further reason, the number of several."""
    return f"{len(answer.more)} more noes" if len(answer.more) > 1 else next(iter(answer.more), "")


def own_words(answer: HostAnswer) -> str:
    """What it says, for where its name stands before the words already."""
    return answer.says.removeprefix(f"{answer.host}: ")


def nameless(says: str, host: str) -> str:
    """The words with HOST in place of the host's name, so that those of two hosts can be compared.

    >>> nameless("nova-compute on az1 (az1): az11 is not az1", "az1")
    'nova-compute on HOST (HOST): az11 is not HOST'
    """
    if host not in says:
        return says
    words = (
        word.replace(host, "HOST") if word.strip("'\"(),.:;") == host else word for word in says.split(" ")
    )
    return " ".join(words)


def _far(answer: HostAnswer) -> tuple[int, float, str]:
    """How far from fitting: further reasons count most, then how little there is."""
    has = answer.available
    return len(answer.more), -has if isinstance(has, int | float) else 0, answer.host

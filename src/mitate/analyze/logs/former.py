"""What there was of trouble before the time that is asked about, counted: what is new since then, or more."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from mitate.analyze.logs.access import access
from mitate.analyze.logs.draft import Draft
from mitate.analyze.logs.profile import MOST_KEYS, Key, key_of, troubled
from mitate.model.log_answer import Surge
from mitate.model.logs import Event

TIMES = 10
"""How much more of something is worth telling first."""
FEW = 3
"""So many of something may be chance, whatever their rate."""


class Former:
    """until: seconds since 1970, when the time before ends and the time that is asked about begins."""

    def __init__(self, until: float) -> None:
        self.until = until
        self._kinds: Counter[Key] = Counter()
        self._answers: Counter[tuple[str, str]] = Counter()
        self._family: dict[tuple[str, str], str] = {}
        self._begins: dict[str, float] = {}
        self._cut: dict[str, float] = {}

    def add(self, event: Event, count: int = 1) -> None:
        """One event of that time, or some that are alike."""
        if asked := access(event):
            if asked.status >= 400:
                self._answers[event.service, f"{asked.route}: HTTP {asked.status}"] += count
        elif troubled(event) and len(self._kinds) < MOST_KEYS:
            self._kinds[key_of(event, troubled=True)] += count

    def reaches(self, host: str, file: str, service: str, begins: float, *, cut: bool = False) -> None:
        """That a log was seen from some time on. service: its files are one log, whatever they are called.

        cut: it goes further back, but what was written there was not seen.
        """
        family = f"{host}\n{service or file}"
        self._family[host, file] = family
        self._begins[family] = min(begins, self._begins.get(family, begins))
        if cut:
            self._cut[family] = max(begins, self._cut.get(family, begins))

    @property
    def since(self) -> float | None:
        """The earliest time that was seen; None when nothing of the time before was."""
        seen = [at for family in self._begins if (at := self._from(family)) < self.until]
        return min(seen, default=None)

    def judge(self, draft: Draft, seconds: float, key: Key | None) -> None:
        """Sets how often it came, and came before. seconds: how long the time is that is asked about.

        A time before that is shorter than a tenth of that tells nothing. key: of trouble, None of answers.
        """
        seconds = max(1.0, seconds)
        draft.rate = draft.count / seconds
        before_s = self._seconds(draft.files)
        if before_s is None or before_s * TIMES < seconds:
            return
        draft.earlier = self._kinds[key] if key else self._answers[draft.service, draft.template]
        draft.rate_before = draft.earlier / before_s
        if draft.earlier == 0:
            draft.surge = Surge.NEW
        elif draft.count > FEW and draft.rate >= TIMES * draft.rate_before:
            draft.surge = Surge.MORE

    def _seconds(self, files: Iterable[tuple[str, str]]) -> float | None:
        """How long the shortest of some logs was seen before; None when one was not."""
        families = [self._family.get(each) or self._family.get(("", each[1])) for each in files]
        times = [self.until - self._from(family) if family else 0.0 for family in families]
        shortest = min(times, default=0.0)
        return shortest if shortest > 0 else None

    def _from(self, family: str) -> float:
        return max(self._begins[family], self._cut.get(family, self._begins[family]))

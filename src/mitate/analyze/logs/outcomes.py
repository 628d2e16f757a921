"""What became of trouble: did it fail something, or was it tried again, torn down, or usual?"""

from __future__ import annotations

import re
from collections import Counter

from mitate.analyze.logs.draft import Draft
from mitate.analyze.logs.profile import Answered, Key, Profile, Seen
from mitate.model.log_answer import Kind, Outcome

_MISTAKE = re.compile(
    r"(?:^|[\s:(\[\"'])(?:builtins\.)?(TypeError|KeyError|AttributeError|NameError|ValueError"
    r"|IndexError|UnboundLocalError"
    r"|AssertionError|RuntimeError|NotImplementedError|ZeroDivisionError|UnicodeDecodeError"
    r"|ImportError|LookupError"
    r"|ModuleNotFoundError|RecursionError|StopIteration|OverflowError|SyntaxError"
    r"|Exception)(?:_Remote)?(?::|\b)"
)
_PASSING = re.compile(
    r"MessagingTimeout|Timed out waiting|ConnectionRefused|ConnectFailure|ConnectTimeout"
    r"|ReadTimeout|unreachable"
    r"|DBConnectionError|ECONNREFUSED|Connection (?:refused|reset|aborted)|RetryRequest"
    r"|DBDeadlock|StaleDataError"
    r"|AMQP|MessageDeliveryFailure|ServiceUnavailable|closed connection|heartbeat|Broken pipe"
)
_GONE = re.compile(
    r"NotFound|could not be found|does not exist|UnexpectedDeletingTaskState|Gone\b"
    r"|No such device|disappeared|being modified by another concurrent operation"
)
_ENDING = re.compile(r"Terminating instance|[Dd]elet(?:ing|ed)")
_BUILDING = re.compile(r"^Attempting claim|^Claim successful")
"""A build that fails is cleaned up with the words of a deletion; nobody has deleted anything then."""
_WENT_WELL = re.compile(
    r"Took [\d.*]+ seconds to (?:build|spawn|snapshot|resize|unshelve)|Instance (?:spawned"
    r"|rebooted|resized) successfully"
    r"|VM Resumed|Migration operation has completed|is active"
)
_ANEW = re.compile(r"found disconnected; reconnecting")
"""oslo.db, of a connection that a restarted database no longer knows."""
TEARDOWN_S = 180
BESIDE_S = 15
"""What goes with something that is deleted (a network's subnets) is missed at once, or never."""
REFUSALS = (400, 401, 403, 405, 409, 411, 413, 415, 422, 424, 428, 429)


def mistake(draft: Draft) -> bool:
    """Whether a programming error was raised: no surroundings explain that."""
    return any(
        _MISTAKE.search(text)
        for event in draft.events[:3]
        for text in (event.exception, event.cause, event.message)
    )


class Fates:
    """What a profile tells about how things ended."""

    def __init__(self, profile: Profile, baseline: Profile | None) -> None:
        self._profile = profile
        self._baseline = baseline
        self._well: dict[str, float] = {}
        self._ended: dict[str, float] = {}
        self._deleted: dict[str, list[float]] = {}
        self._torn: set[str] = set()
        self._good: dict[tuple[str, str, str], float] = {}
        for answer in profile.answers:
            if answer.status < 400:
                asked = (answer.service, answer.method, answer.path)
                self._good[asked] = max(answer.at, self._good.get(asked, 0))
                # Nova itself gives back what a failed build had claimed in Placement
                if answer.method == "DELETE" and answer.project != "placement":
                    self._deleted.setdefault(answer.project, []).append(answer.at)
                    for part in answer.path.split("/"):
                        self._ended.setdefault(part, answer.at)
        self._building = {
            step.request
            for steps in profile.steps.values()
            for step in steps
            if _BUILDING.search(step.key.template)
        }
        for each, steps in profile.steps.items():
            for step in steps:
                if _WENT_WELL.search(step.key.template):
                    self._well[each] = max(step.at, self._well.get(each, 0))
                elif _ENDING.search(step.key.template) and step.request not in self._building - {""}:
                    self._ended.setdefault(each, step.at)
        self._rate = _rates(profile, baseline)
        self._usual: Counter[Key] = Counter()
        for known in (baseline.warnings, baseline.trouble) if baseline else ():
            for key, seen in known.items():
                self._usual[self._alike(key)] += seen.count

    def judge(self, draft: Draft, seen: Seen | None) -> None:
        """Sets the outcome, the number before, and why."""
        if self._baseline is not None:
            draft.before = self._before(draft, seen)
            if draft.before and draft.count <= max(3, 10 * draft.before * self._rate):
                draft.outcome = Outcome.USUAL
                draft.why = f"the baseline has it, too ({draft.before:,} times)"
                return
        if draft.kind is Kind.HTTP:
            self._answer(draft)
        elif draft.kind is Kind.ERROR:
            self._error(draft)

    def _before(self, draft: Draft, seen: Seen | None) -> int:
        assert self._baseline is not None
        if draft.kind is Kind.HTTP:
            return sum(
                count
                for (service, route, status), count in self._baseline.statuses.items()
                if service == draft.service and f"{route}: HTTP {status}" == draft.template
            )
        if seen is None:
            return 0
        return self._usual[self._alike(seen.key)]

    def _alike(self, key: Key) -> Key:
        return key._replace(file="") if self._baseline and self._baseline.without_code else key

    def _answer(self, draft: Draft) -> None:
        answers = [
            a for a in self._profile.answers if a.status == draft.status and a.service == draft.service
        ]
        answers = [a for a in answers if f"{a.route}: HTTP {a.status}" == draft.template]
        later = all(self._later_well(answer) for answer in answers)
        if draft.status in (500, 501):
            return
        if later:
            draft.outcome, draft.why = Outcome.RECOVERED, "the same was asked again, and then went well"
        elif draft.status == 404 or draft.status < 400:
            if not (draft.before == 0 and not _reading(answers)):
                draft.outcome, draft.why = Outcome.ASIDE, "what was asked for is not there"
        elif draft.status < 500 and draft.status not in REFUSALS:
            draft.outcome, draft.why = Outcome.ASIDE, "an answer that clients expect"

    def _later_well(self, answer: Answered) -> bool:
        return self._good.get((answer.service, answer.method, answer.path), 0) > answer.at

    def _error(self, draft: Draft) -> None:
        words = [f"{event.message} {event.cause} {event.exception}" for event in draft.events]
        gone = bool(words) and all(_GONE.search(text) for text in words) and self._torn_down(draft)
        follows = bool(draft.requests) and self._torn.issuperset(draft.requests)
        if gone or (follows and not mistake(draft)):
            draft.outcome, draft.why = Outcome.ASIDE, "what it was about was being deleted"
            self._torn.update(draft.requests)
            return
        if words and all(_ANEW.search(text) for text in words):
            draft.outcome, draft.why = Outcome.RECOVERED, "the connection was made anew at once"
            return
        if draft.resources and draft.last and all(self._well.get(r, 0) > draft.last for r in draft.resources):
            draft.outcome, draft.why = Outcome.RECOVERED, "the same server went well afterwards"
            return
        if mistake(draft) or draft.users or not words:
            return
        if all(_PASSING.search(text) for text in words) and self._lives_on(draft):
            draft.outcome, draft.why = (
                Outcome.RECOVERED,
                "the service went on afterwards, and nobody's request failed by it",
            )

    def _torn_down(self, draft: Draft) -> bool:
        first, last = draft.first, draft.last
        if first is None or last is None:
            return False
        # who gives up on a build deletes the server at once, and has not failed it by that
        since = first if self._building & draft.ids else last
        ended = (self._ended[each] for each in draft.ids if each in self._ended)
        if any(0 <= since - at + 2 < TEARDOWN_S for at in ended):
            return True
        deleted = () if draft.users else self._deleted.get(draft.project, ())
        return any(first - at >= -2 and last - at < BESIDE_S for at in deleted)

    def _lives_on(self, draft: Draft) -> bool:
        """Whether each host's service wrote something after the last of it."""
        last = draft.last
        if last is None:
            return False
        ends = [
            end for (service, host), (_, end, _) in self._profile.services.items() if service == draft.service
        ]
        return bool(ends) and max(ends) > last


def _reading(answers: list[Answered]) -> bool:
    return all(answer.method in ("GET", "HEAD", "DELETE") for answer in answers)


def _rates(profile: Profile, baseline: Profile | None) -> float:
    """How much longer this time is than the baseline."""
    if baseline is None:
        return 1.0
    spans = [
        max(1.0, (each.last or 0) - (each.first or 0)) if each.first is not None else 1.0
        for each in (profile, baseline)
    ]
    return max(0.05, min(20.0, spans[0] / spans[1]))

"""Origin before echo: which trouble is only what another one looks like from further up."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence

from mitate.analyze.logs.draft import Draft
from mitate.analyze.logs.origin import innermost
from mitate.analyze.logs.profile import Profile
from mitate.model.log_answer import Kind, Outcome

CALL_S = 90.0
"""How long a caller may have waited for the answer that it complains about."""
CLOSE_S = 3.0
AT_ONCE_S = 1.0
SIGNED_WRONG = 403
RELAYS = {"nova-api-metadata": ("neutron-metadata-agent", "neutron-ovn-metadata-agent")}
"""Who passes questions on, and signs them (metadata_proxy_shared_secret)."""
TOKENS_S = 60.0
_TOKENS = re.compile(r"^POST (?:/identity)?/v3/auth/tokens$")
AGAIN = 3
_GAVE_UP = re.compile(r"out of retries|[Gg]iv(?:ing|en) up|gave up|[Rr]etr(?:y|ies) (?:exhausted|exceeded)")
WRONG = (400, 404, 415, 422)
"""How an API answers what should not have been sent: something wrong, or about what is not there."""
_SLOW = (Kind.SLOWER, Kind.MISSING, Kind.STUCK, Kind.SILENT)
KINDS: dict[str, tuple[Kind, ...]] = {
    "http": (Kind.ERROR, Kind.HTTP, *_SLOW),
    "rpc": (Kind.ERROR, *_SLOW),
    "event": (Kind.ERROR, Kind.HTTP, *_SLOW),
    "empty": (),
    "database": (Kind.ERROR, Kind.SILENT),
    "broker": (Kind.ERROR, Kind.SILENT),
    "libvirt": (Kind.ERROR, Kind.SILENT),
}
"""What can be behind an error, by how the other one was asked."""


def link(drafts: Sequence[Draft], profile: Profile) -> None:
    """Sets ``echo_of``. An echo is never one of something that is an echo of it."""
    granted = [a.at for a in profile.answers if _TOKENS.match(a.route) and a.status == 201]
    for draft in drafts:
        if draft.kind is Kind.ERROR:
            _join(draft, _callee_of(draft, drafts, granted), "its words name the service that it asked")
    for draft in drafts:
        if draft.kind is Kind.ERROR and draft.echo_of is None and draft.asked is None:
            _join(draft, _refused_again(draft, drafts), "it gave up after the same answer again and again")
    for draft in drafts:
        if draft.kind is Kind.HTTP and draft.echo_of is None:
            _join(draft, _behind_answer(draft, drafts), "what the API answered when this had happened")
    for draft in drafts:
        if draft.kind is Kind.HTTP and draft.status == SIGNED_WRONG and draft.service in RELAYS:
            _join(draft, _relay(draft, drafts), "it refused what was signed with another secret")
    by_id: dict[str, list[Draft]] = defaultdict(list)
    for draft in drafts:
        for each in draft.ids:
            by_id[each].append(draft)
    for draft in drafts:
        if draft.echo_of is None and draft.kind in (Kind.ERROR, Kind.HTTP, Kind.STUCK):
            _join(draft, _earlier(draft, by_id), "it followed for the same request or resource")
    for draft in drafts:
        if draft.echo_of is None and draft.kind is Kind.ERROR and not draft.requests:
            _join(draft, _the_same(draft, drafts), "the same exception, printed once more")


def _join(echo: Draft, origin: Draft | None, why: str) -> None:
    if origin is None or origin is echo or origin.root() is echo:
        return
    echo.echo_of = origin
    echo.why = echo.why or why


def _failing(draft: Draft) -> bool:
    return draft.outcome is Outcome.FAILED


def _callee_of(draft: Draft, drafts: Sequence[Draft], granted: Sequence[float]) -> Draft | None:
    """The trouble in the service that an error names. granted: when Keystone gave somebody a token."""
    asked = draft.asked
    if asked is None or not asked.project:
        return None
    found = []
    remote = innermost(draft.events[0].remote) if draft.events and draft.events[0].remote else None
    for other in drafts:
        if other is draft or other.project != asked.project or other.kind not in KINDS[asked.how]:
            continue
        if (asked.service and other.service != asked.service) or (
            asked.unreached and other.kind is Kind.HTTP
        ):
            continue
        if (
            other.asked is not None
            and other.asked.project == draft.project
            and other.project != draft.project
        ):
            continue
        same_id = bool(draft.ids & other.ids)
        same_code = bool(remote and other.origin and other.origin.file == remote.file)
        close = any(other.near(at, 15.0 if asked.how == "http" else CALL_S, 1.0) for at in draft.times)
        if not (close or (same_id and other.kind in _SLOW) or other.kind is Kind.SILENT) or (
            asked.how == "rpc" and not (same_id or same_code or other.kind is Kind.SILENT)
        ):
            continue
        if (
            other.kind is Kind.HTTP
            and other.status < 500
            and (asked.how == "event" or asked.status not in (0, other.status))
        ):
            continue
        exact = other.kind is Kind.HTTP and other.status == asked.status
        found.append(
            (
                (
                    same_code,
                    other.kind is Kind.ERROR and _failing(other),
                    same_id,
                    exact,
                    _failing(other),
                    other.kind is Kind.HTTP and _at_once(draft, other),
                    other.weight,
                ),
                other,
            )
        )
    best = max(found, key=lambda pair: pair[0])[1] if found else None
    if best and best.kind is Kind.HTTP and best.status in WRONG and _writes(best) and _at_once(draft, best):
        draft.asked = None  # what it sent was wrong, and the other one said so
        return None
    refused = best is not None and _TOKENS.match(best.route) is not None and best.status == 401
    if refused and any(draft.near(at, TOKENS_S, TOKENS_S) for at in granted):
        draft.asked, draft.why = None, "Keystone refused its credentials, and gave others their tokens"
        return None
    return best


def _at_once(draft: Draft, answer: Draft) -> bool:
    """Whether it complained as soon as it had that answer."""
    return any(answer.near(at, AT_ONCE_S, 0.1) for at in draft.times)


def _writes(answer: Draft) -> bool:
    return answer.route.startswith(("POST ", "PUT ", "PATCH "))


def _refused_again(draft: Draft, drafts: Sequence[Draft]) -> Draft | None:
    """The answers of another service that an error gave up over."""
    if not any(_GAVE_UP.search(event.message) for event in draft.events[:1]):
        return None
    found = [
        other
        for other in drafts
        if other.kind is Kind.HTTP
        and other.project != draft.project
        and other.count >= AGAIN
        and draft.ids & other.ids
        and any(other.near(at, CALL_S, 1.0) for at in draft.times)
    ]
    return max(found, key=lambda other: other.count, default=None)


def _behind_answer(draft: Draft, drafts: Sequence[Draft]) -> Draft | None:
    """The error in the same service that made it answer so."""
    found = []
    for other in drafts:
        if other.kind is not Kind.ERROR or other.project != draft.project or not _failing(other):
            continue
        same_id = bool(draft.ids & other.ids)
        close = any(other.near(at, CLOSE_S, 0.5) for at in draft.times)
        if same_id and any(other.near(at, CALL_S, 1.0) for at in draft.times):
            found.append((2, other))
        elif close and draft.status >= 500 and other.service == draft.service:
            found.append((1, other))
    return max(found, key=lambda pair: pair[0])[1] if found else None


def _the_same(draft: Draft, drafts: Sequence[Draft]) -> Draft | None:
    """The group of a request in whose log the service also wrote what it prints without one."""
    raised = draft.events[0].exception if draft.events else ""
    if not raised:
        return None
    for other in drafts:
        if other.kind is not Kind.ERROR or not other.requests or other.service != draft.service:
            continue
        said = any(raised in (event.exception, event.cause) for event in other.events)
        if said and any(other.near(at, CLOSE_S, CLOSE_S) for at in draft.times):
            return other
    return None


def _relay(draft: Draft, drafts: Sequence[Draft]) -> Draft | None:
    """The same answer to the same question, at the agent that passed the question on."""
    return next(
        (
            other
            for other in drafts
            if other.service in RELAYS[draft.service]
            and (other.route, other.status) == (draft.route, draft.status)
        ),
        None,
    )


def _earlier(draft: Draft, by_id: dict[str, list[Draft]]) -> Draft | None:
    """What failed first for one of the same requests or resources."""
    if not draft.times:
        return None
    found: list[tuple[float, Draft]] = []
    for each in draft.ids:
        for other in by_id[each]:
            if other is draft or not _failing(other) or not other.times or other.kind is not Kind.ERROR:
                continue
            if other.times[0] < draft.times[0] and other.times[0] > draft.times[0] - 600:
                found.append((other.times[0], other))
    return min(found, key=lambda pair: pair[0])[1] if found else None

"""What went wrong first: which entries tell of trouble, and which of them is the beginning, not an echo."""

from __future__ import annotations

import re
from collections.abc import Sequence

from mitate.model.timeline import Entry, Kind

ERRORS = ("ERROR", "CRITICAL", "TRACE")
SIGNS = re.compile(
    r"Got no allocation candidates|Filter \w{1,80} returned 0 hosts|Filtering removed all hosts"
    r"|No valid host was found|Timed out waiting for a reply|MessagingTimeout|Timeout waiting for \["
    r"|HTTP exception thrown: |Setting instance to ERROR state|Exceeded maximum number of retries"
    r"|failed to (?:build|spawn|bind|reach)|[Bb]inding failed for port|VirtualInterfaceCreateException"
    r"|Failed to (?:build|bind|schedule|compute_task)"
)
"""What tells of trouble at any level: services say these at INFO and WARNING, too."""
HARMLESS = re.compile(
    r"Using RPCClient manually|returned with failed status|Instance failed to shutdown in|deprecat"
    r"|Instance was deleted|Received unexpected event|Failed to notify nova on events"
)
SAYS_WHY = re.compile(
    r"fail|error|exception|not found|refused|denied|unreachable|cannot|could not|time", re.I
)
JUST_BEFORE_S = 0.5
"""A warning of the same service this little before its error says why."""
MINDED = (400, 401, 403, 404, 409, 410, 413, 429)
BEFORE_S = 5.0
"""A refused call of the same request this little before an error is what the error is about."""
_DEPTH = {
    "nova-api": 0,
    "nova-conductor": 1,
    "nova-scheduler": 2,
    "nova-compute": 2,
    "neutron-server": 3,
    "neutron-api": 3,
    "cinder-api": 3,
    "glance-api": 3,
    "placement-api": 3,
    "keystone": 4,
    "libvirtd": 4,
}
"""Who asks whom: the deeper is asked by the less deep."""


def tells_of_trouble(level: str, message: str, status: int | None, asked_for: bool) -> bool:
    """asked_for: the line is of the very request that somebody made, whose refusal is a failure in itself."""
    if status is not None:
        return status >= 500 or (asked_for and status >= 400)
    if HARMLESS.search(message):
        return False
    return level in ERRORS or SIGNS.search(message) is not None


def first_error(entries: Sequence[Entry], doubt_s: float) -> int | None:
    """The place of the entry with which the trouble began. doubt_s: how far the clocks may still be off.

    Of errors so near to each other that the clocks cannot tell, the one deeper down the calls comes first: it
    was asked, and the other tells of its answer.
    """
    troubles = [at for at, entry in enumerate(entries) if entry.trouble]
    if not troubles:
        return None
    troubles.sort(key=lambda at: (_known_at(entries[at]), at))
    first = troubles[0]
    near = [
        at
        for at in troubles
        if _known_at(entries[at]) - _known_at(entries[first]) <= doubt_s
        and entries[at].host != entries[first].host
    ]
    for at in near:
        if _depth(entries[at]) > _depth(entries[first]):
            first = at
    return _why(entries, _refused(entries, first))


def _known_at(entry: Entry) -> float:
    """When it showed that something was wrong: of a call, at its end."""
    return entry.at + (entry.took_s or 0.0) if entry.kind is Kind.CALL else entry.at


def _depth(entry: Entry) -> int:
    if entry.kind in (Kind.ACTION, Kind.EVENT):
        return -1  # Nova's own record of what came out
    return _DEPTH.get(entry.service, 3 if entry.service.startswith("neutron") else 2)


def _refused(entries: Sequence[Entry], error: int) -> int:
    """A call that was refused right before, of the same request and by the service that failed then."""
    failed = entries[error]
    if failed.kind is Kind.CALL:
        return error
    for at in range(error - 1, -1, -1):
        entry = entries[at]
        if failed.at - entry.at > BEFORE_S:
            break
        same = failed.request and failed.request in (entry.request, entry.global_request)
        asked = entry.caller[1] in ("", failed.host) and entry.caller[0] in ("", failed.service)
        if not (entry.kind is Kind.CALL and entry.status in MINDED and same and asked):
            continue
        words = f"{failed.says} {failed.exception}".lower()
        project = entry.service.partition("-")[0]
        if project in words or project in failed.origin or str(entry.status) in words:
            return at
    return error


def _why(entries: Sequence[Entry], error: int) -> int:
    """The warning right before, where the service said why."""
    failed, first = entries[error], error
    for at in range(error - 1, -1, -1):
        entry = entries[at]
        if failed.at - entry.at > JUST_BEFORE_S:
            break
        alike = (entry.service, entry.host, entry.request) == (failed.service, failed.host, failed.request)
        if alike and entry.level == "WARNING" and entry.request and _says_why(entry):
            first = at
    return first


def _says_why(entry: Entry) -> bool:
    return SAYS_WHY.search(entry.says) is not None and not HARMLESS.search(entry.says)

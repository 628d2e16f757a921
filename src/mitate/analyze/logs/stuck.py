"""What began and did not end, as far as the templates of OpenStack itself tell where something ends, and who
was stopped and not started again."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

from mitate.analyze.logs.callee import Callee
from mitate.analyze.logs.draft import Draft
from mitate.analyze.logs.origin import by_logger
from mitate.analyze.logs.profile import Profile, Step
from mitate.model.log_answer import Kind
from mitate.model.services import BY_NAME

PATIENCE_S = 45.0
"""How long the logs must go on after the beginning before its end is missed."""


ANSWERS = 5
_PORTS = re.compile(r"^(?:POST|PUT) /v2\.0/ports")
STOPPED = 150.0
"""It weighs more than whatever error comes of it."""


class Span(NamedTuple):
    what: str
    begins: re.Pattern[str]
    ends: re.Pattern[str]


SPANS = (
    Span(
        "the build of a server",
        re.compile(r"^Attempting claim|^Claim successful on node|^Creating image"),
        re.compile(
            r"^Took \* seconds to build|^Terminating instance|Instance failed to spawn"
            r"|[Bb]uild of instance|Failed to build"
            r"|Instance destroyed|Failed to allocate|Instance disappeared"
        ),
    ),
    Span(
        "the reboot of a server",
        re.compile(r"^Rebooting instance"),
        re.compile(
            r"^Instance (?:soft )?rebooted successfully|Cannot reboot|^Terminating instance"
            r"|[Rr]eboot.* failed"
        ),
    ),
    Span(
        "the snapshot of a server",
        re.compile(r"^instance snapshotting"),
        re.compile(
            r"^Took \* seconds to snapshot|^Snapshot image upload complete|^Terminating instance"
            r"|[Ss]napshot.*(?:fail|error)"
        ),
    ),
    Span(
        "the deletion of a server",
        re.compile(r"^Terminating instance"),
        re.compile(
            r"^Took \* seconds to (?:destroy|deallocate)|^Deleted allocations"
            r"|Setting instance vm_state to ERROR"
        ),
    ),
    Span(
        "a migration of a server",
        re.compile(r"^Starting live migration|^Migrating instance to"),
        re.compile(
            r"^Migration operation (?:has completed|aborted|failed)|^Live migration"
            r"|_post_live_migration|Terminating"
        ),
    ),
)


def stuck(profile: Profile) -> Iterator[Draft]:
    """One for each kind of work that did not end for some resource."""
    if profile.last is None:
        return
    for span in SPANS:
        lost: list[tuple[str, Step, Step]] = []
        begins = cache(span.begins.search)  # there are few templates, and many steps
        for each, steps in sorted(profile.steps.items()):
            if each.startswith("req-") or not any(begins(step.key.template) for step in steps):
                continue
            ordered = sorted(steps, key=lambda step: step.at)
            begun = [step for step in ordered if begins(step.key.template)]
            if not begun or profile.last - begun[-1].at < PATIENCE_S:
                continue
            after = [step for step in ordered if step.at >= begun[-1].at]
            if not any(span.ends.search(step.key.template) for step in after):
                of_service = [step for step in after if step.key.service == begun[-1].key.service]
                lost.append((each, begun[-1], of_service[-1]))
        if lost:
            draft = _draft(span, lost, profile.last)
            draft.asked = _unanswered(profile, lost[0][1]) if span is SPANS[0] else None
            yield draft


def _unanswered(profile: Profile, begun: Step) -> Callee | None:
    """Neutron, which every build asks for ports, where it went on answering and never about a port."""
    since = [answer for answer in profile.answers if answer.project == "neutron" and answer.at > begun.at]
    if len(since) < ANSWERS or any(_PORTS.match(answer.route) for answer in since):
        return None
    return Callee("neutron", "port", since[0].service)


def stopped(profile: Profile) -> Iterator[Draft]:
    """One for each service and host that is still stopped when the logs end, by systemd's words."""
    for (service, host), state in sorted(profile.units.items()):
        if state.runs:
            continue
        yield Draft(
            kind=Kind.SILENT,
            level="",
            template=f"{service} was stopped and not started again",
            service=service,
            project=BY_NAME[service].project if service in BY_NAME else service.partition("-")[0],
            hosts=[host] if host else [],
            count=1,
            times=[state.at],
            ids=set(),
            first=state.at,
            last=state.at,
            weight=STOPPED,
            why=f"systemd: {state.says}",
        )


def _draft(span: Span, lost: list[tuple[str, Step, Step]], until: float) -> Draft:
    _, first, latest = lost[0]
    waited = until - latest.at
    return Draft(
        kind=Kind.STUCK,
        level="",
        template=f"{span.what} began and did not end; the last of it: {latest.key.template}",
        service=first.key.service,
        project=first.key.service.partition("-")[0],
        hosts=[],
        count=len(lost),
        times=sorted(begun.at for _, begun, _ in lost),
        ids={each for each, _, _ in lost},
        resources=[each for each, _, _ in lost][:20],
        origin=by_logger(latest.key.logger),
        users=len(lost),
        first=min(begun.at for _, begun, _ in lost),
        last=max(last.at for _, _, last in lost),
        why=f"nothing more of it for {waited:.0f} s, until the logs end",
    )

"""Code near what failed: who called it, whom it had asked just before, what it had logged for the request.

A wrong value is raised about where it is used, not where it was made: next to the innermost frame these are
the likeliest places.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mitate.analyze.logs.draft import Draft
from mitate.analyze.logs.origin import by_logger, by_route, innermost, own, shell
from mitate.analyze.logs.profile import Profile
from mitate.analyze.logs.routes import beneath
from mitate.model.log_answer import Kind
from mitate.model.logs import Frame

ROOTS, EACH = 3, 2
"""Groups that get clues, and clues of each."""
JUST_S = 3.0
_CLIENTS = {
    ("nova", "placement"): "nova/scheduler/client/report.py",
    ("nova", "glance"): "nova/image/glance.py",
    ("nova", "neutron"): "nova/network/neutron.py",
    ("nova", "cinder"): "nova/volume/cinder.py",
    ("neutron", "nova"): "neutron/notifiers/nova.py",
    ("cinder", "nova"): "cinder/compute/nova.py",
    ("cinder", "glance"): "cinder/image/glance.py",
}
"""The code by which one project asks another."""


_WIRES = {
    "neutron-linuxbridge-agent": "neutron/plugins/ml2/drivers/agent/_common_agent.py",
    "neutron-openvswitch-agent": "neutron/plugins/ml2/drivers/openvswitch/agent/ovs_neutron_agent.py",
}
"""The loop of each agent that wires ports, and tells the server of it."""
_HEARS = "neutron/plugins/ml2/rpc.py"


def clues(roots: Sequence[Draft], profile: Profile) -> list[Draft]:
    """Of the first groups, each as a group of its own that goes with it."""
    found = []
    for root in roots[:ROOTS]:
        known = {root.origin.file} if root.origin else set()
        for frame, why in _near(root, profile):
            if frame.file in known:
                continue
            known.add(frame.file)
            found.append(_draft(root, frame, why))
            if len(known) > EACH:
                break
    return found


def _near(root: Draft, profile: Profile) -> Iterator[tuple[Frame, str]]:
    frames = _frames(root)
    inner = innermost(frames)
    callers = [frame for frame in reversed(frames) if own(frame) and frame != inner and not shell(frame)]
    if root.named == "event":
        agents = {file for service, file in _WIRES.items() if any(s == service for s, _ in profile.services)}
        yield from ((Frame(file, "", 0), "it wires ports on the server's host") for file in sorted(agents))
        yield Frame(_HEARS, "", 0), "it hears from the agent that a port is wired"
    yield from ((frame, "it called what failed") for frame in callers[:1])
    yield from _asked(root, profile)
    yield from (
        (Frame(file, "", 0), "what it answered is made there") for file in beneath(root.project, root.route)
    )
    yield from ((frame, "it called what failed") for frame in callers[1:4])
    yield from _logged(root, profile)


def _frames(root: Draft) -> Sequence[Frame]:
    if not root.events:
        return ()
    event = root.events[0]
    return event.remote if innermost(event.remote) else event.frames


def _asked(root: Draft, profile: Profile) -> Iterator[tuple[Frame, str]]:
    """The last answer that it had from another project for the same request, just before."""
    if not root.times or root.kind is not Kind.ERROR:
        return
    at = root.times[0]
    near = [
        answer
        for answer in profile.answers
        if answer.project != root.project
        and at - JUST_S <= answer.at <= at
        and {answer.request, answer.global_request} & root.ids - {""}
    ]
    if not near:
        return
    last = max(near, key=lambda answer: answer.at)
    if client := _CLIENTS.get((root.project, last.project)):
        yield Frame(client, "", 0), f"it had just asked {last.project}: {last.route}"
    if frame := by_route(last.project, last.route):
        yield frame, f"it had just answered {last.route}"


def _logged(root: Draft, profile: Profile) -> Iterator[tuple[Frame, str]]:
    """Other code of the same service that wrote something for the same request before, the latest first."""
    until = root.times[0] if root.times else float("inf")
    steps = [
        step
        for each in sorted(root.ids)
        for step in profile.steps.get(each, ())
        if step.at <= until and step.key.service == root.service
    ]
    for step in sorted(steps, key=lambda step: -step.at)[:20]:
        if frame := by_logger(step.key.logger):
            yield frame, "it had just written about the same request"


def _draft(root: Draft, frame: Frame, why: str) -> Draft:
    return Draft(
        kind=Kind.CLUE,
        level="",
        template=f"{frame.file}: {why}",
        service=root.service,
        project=frame.file.partition("/")[0],
        hosts=[],
        count=1,
        times=[],
        ids=set(),
        outcome=root.outcome,
        origin=frame,
        echo_of=root,
        why=why,
        first=root.first,
        last=root.last,
    )

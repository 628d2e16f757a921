"""What the packets say, in the words of a prediction, and where the two differ."""

from __future__ import annotations

from mitate.model.trace import Direction, Disposition, Hop, Path, Trace, Verdict
from tests.oracle.build import PUBLIC, UNDERLAY, at
from tests.oracle.frames import REPLY, REQUEST
from tests.oracle.plan import EDGE, NEAR, OUTSIDE, OVERLAP, Plan
from tests.oracle.wire import Sight, Truth

BOTH_WAYS, OTHER, LOST, REPLY_LOST, TOLD = "both ways", "answered by another", "lost", "reply lost", "told"
_SWITCHES = (PUBLIC, UNDERLAY)
_OUTSIDE = (EDGE, OUTSIDE, NEAR, OVERLAP)


def fate(plan: Plan, truth: Truth) -> str:
    """Of one probe. TOLD: too big, and its sender (of the request or of the reply) knows."""
    there = _arrived(plan, truth)
    if truth.answered:
        return BOTH_WAYS if there else OTHER
    dead = REPLY if there else REQUEST
    if truth.local or any(what == dead and (kind, code) == (3, 4) for what, kind, code, _ in truth.told):
        return TOLD
    return REPLY_LOST if there else LOST


def _arrived(plan: Plan, truth: Truth) -> bool:
    return bool(truth.taken) and truth.taken[0] == at(*plan.asked.to)


def verdict(plan: Plan, truths: list[Truth]) -> Verdict:
    """As ``mitate trace`` would say it; the smallest probe is the first."""
    first, *larger = (fate(plan, truth) for truth in truths)
    if first == BOTH_WAYS:
        silent = any(each in (LOST, REPLY_LOST) for each in larger)
        return Verdict.REACHABLE_SMALL_ONLY if silent else Verdict.REACHABLE
    if first == OTHER:
        return Verdict.ANSWERED_BY_WRONG_NODE
    arrived = _arrived(plan, truths[0])
    return Verdict.UNREACHABLE_RETURN if arrived else Verdict.UNREACHABLE_FORWARD


def disagreements(plan: Plan, truths: list[Truth], path: Path) -> list[str]:
    """What the prediction says otherwise than the packets; empty when they agree."""
    real = verdict(plan, truths)
    if path.verdict is Verdict.AMBIGUOUS:
        return []  # it says that chance decides
    if path.verdict is Verdict.ANSWERED_BY_WRONG_NODE and _refused(plan, truths[0]):
        return _place(plan, truths[0], path, Direction.FORWARD)
    if path.verdict is not real:
        return [f"predicted {path.verdict}, and it is {real}"]
    if real in (Verdict.REACHABLE, Verdict.REACHABLE_SMALL_ONLY):
        return _sizes(plan, truths, path)
    if real in (Verdict.UNREACHABLE_FORWARD, Verdict.UNREACHABLE_RETURN):
        return _place(
            plan,
            truths[0],
            path,
            Direction.FORWARD if real is Verdict.UNREACHABLE_FORWARD else Direction.RETURN,
        )
    return []


def _refused(plan: Plan, truth: Truth) -> bool:
    """Whether the asker heard, in the name of the one asked, that nobody listens there: so says who takes it
    for his own. (A rule that rejects may say the very same: by itself it proves nothing.)"""
    return not truth.answered and plan.asked.address in truth.refused_by


def _sizes(plan: Plan, truths: list[Truth], path: Path) -> list[str]:
    """A size passes when it does so both there and back."""
    passes: dict[int, bool] = {}
    for truth in truths:
        size = max(truth.size, truth.back)
        passes[size] = passes.get(size, True) and fate(plan, truth) == BOTH_WAYS
    mtu = path.path_mtu or 0
    return [
        f"predicted a path MTU of {mtu}; {size} bytes {'pass' if passed else 'do not'}"
        for size, passed in passes.items()
        if passed is not (size <= mtu)
    ]


def _place(plan: Plan, truth: Truth, path: Path, direction: Direction) -> list[str]:
    """Whether the packet was last seen where it is said to have died."""
    trace = min((each for each in path.traces if each.direction is direction), key=lambda each: each.size)
    what, start = (REQUEST, plan.asked.at) if direction is Direction.FORWARD else (REPLY, plan.asked.to)
    number = _deadly(trace)
    place = _name(trace.hops[number])
    sights = [sight for sight in truth.sights if sight.ours.what == what and sight.space not in _SWITCHES]
    last = _last_stack(sights)
    holder = last.space if last else at(*start)
    if place == holder or (not place and holder in _OUTSIDE):
        return []
    if trace.disposition is Disposition.LOOP and sum(sight.space == place for sight in sights) > 2:
        return []  # where in the circle its time runs out is a matter of counting
    if _never_in(trace.hops[number]):  # its own device was down: it was seen on the way there, if at all
        place = _name(trace.hops[number - 1]) if number else place
    after = sights[sights.index(last) + 1 :] if last else sights
    passed = list(dict.fromkeys(sight.space for sight in after))
    said = f"predicted to die in {place or 'the outside'}, and "
    if not after or (last is not None and last.way == "in"):
        return [f"{said}last seen in {holder}"]
    if place not in passed:
        return [f"{said}after {holder} seen only in {', '.join(passed)}"]
    beyond = next((_name(hop) for hop in trace.hops[number + 1 : number + 2]), "")
    # a switch floods what it does not know: a card that is not meant does not take it in
    taken = {sight.space for sight in after if not (sight.foreign and sight.device == "eth1")}
    if beyond in taken and beyond != place and ":" not in beyond:
        return [f"{said}seen beyond it in {beyond}"]
    return []


def _deadly(trace: Trace) -> int:
    """The number of the hop in which it died; the last one, where no step says why."""
    return next(
        (number for number, hop in enumerate(trace.hops) if any(step.reason for step in hop.steps)),
        len(trace.hops) - 1,
    )


def _never_in(hop: Hop) -> bool:
    """Whether it died of the very device by which it was to come in."""
    down = ("LINK_DOWN", "TUN_LINK_DOWN", "RTR_IFACE_DOWN", "EP_NIC_DOWN", "EP_NOT_RUNNING")
    return len(hop.steps) > 1 and hop.steps[0].kind == "enter" and hop.steps[1].reason in down


def _name(hop: Hop) -> str:
    return at(hop.host, hop.namespace)


def _last_stack(sights: list[Sight]) -> Sight | None:
    """The last time that an IP stack had it as its own: took it in, or sent it. Between these, bridges and
    tunnels pass it on, and make copies that nobody takes."""
    own = [sight for sight in sights if not sight.foreign and (":" in sight.space or sight.space in _OUTSIDE)]
    return own[-1] if own else None

"""Findings → causes: which finding is a symptom of which, and which to deal with first.

A finding explains another when the other's subject depends on its subject (``depends.py``), or is the same
subject and only the symptom of it, when it is at least as severe (or a change that came just before it), and
when it did not begin after it. What nothing explains is a cause.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import timedelta

from mitate.analyze.depends import Graph, Node, dependencies
from mitate.model.diagnosis import Cause, Finding, Outcome, Remediation, Severity
from mitate.model.snapshot import Snapshot

SLACK = timedelta(seconds=90)
"""Heartbeats, log flushes and API rows lag by a reporting interval or two: earlier by less proves nothing."""

BROUGHT_DOWN = (
    "service_process_stopped",
    "service_crash_looping",
    "agent_process_stopped",
    "agent_crash_looping",
    "agent_dead_to_openstack",
    "service_dead_to_openstack",
)
"""Causes that may themselves be the work of a full disk, a lost database or a wrong password below them."""

STOPS_WITH = {
    "dnsmasq_missing": "neutron-dhcp-agent",
    "isolated_metadata_proxy_missing": "neutron-dhcp-agent",
    "metadata_proxy_missing": "neutron-l3-agent",
}
"""What an agent starts, and systemd stops with it: causes, unless that very agent is in trouble."""

GATHERED = {"compute_service_disabled": "zone_all_hosts_disabled"}
"""Causes that are told together by a finding about the whole that their subjects are parts of."""

NAMES_ITS_REASON = ("path_broken",)
"""Symptoms by what they are about, causes by what they say."""

CHANGES = ("option_differs_among_equals", "package_differs_among_equals", "option_unknown")
"""Changes of a host that nobody carried to its equals. What began soon after one, on what depends on it, is
its work, however severe: no severity of its own says what a change can do."""
SOON = timedelta(hours=1)

LAYERS = (
    "host",
    "filesystem",
    "service",
    "config",
    "endpoint",
    "agent",
    "network",
    "router",
    "floating_ip",
    "port",
)
"""From what carries most to what carries least; other kinds come last."""


def causes(snapshot: Snapshot, outcomes: Iterable[Outcome]) -> tuple[Cause, ...]:
    """Every finding is in exactly one place of the result: as a cause, or among what one cause explains."""
    findings = [finding for outcome in outcomes for finding in outcome.findings]
    explained = _explain(findings, dependencies(snapshot))
    under: dict[Finding, list[Finding]] = defaultdict(list)
    roots = []
    for finding in findings:
        root = _root(finding, explained)
        if root is finding:
            roots.append(finding)
        else:
            under[root].append(finding)
    roots.sort(key=lambda root: _order(root, under[root]))
    return tuple(
        Cause(
            rank=rank,
            finding=root,
            why_first=_why(root, under[root], rank),
            explains=tuple(sorted(under[root], key=_alone)),
            remediation=Remediation(root.check, root.fix[0], root.fix) if root.fix else None,
        )
        for rank, root in enumerate(roots, 1)
    )


def _explain(findings: list[Finding], graph: Graph) -> dict[Finding, Finding]:
    """The best explanation of each finding that has one."""
    at: dict[Node, list[Finding]] = defaultdict(list)
    for finding in findings:
        if finding.severity is not Severity.INFO:
            at[finding.subject.kind, finding.subject.id].append(finding)
    below = _Below(graph, at)
    explained = {}
    wholes = [finding for finding in findings if finding.check in GATHERED.values() and not finding.symptom]
    for finding in findings:
        node = (finding.subject.kind, finding.subject.id)
        candidates = [other for other in at[node] if finding.symptom and not other.symptom]
        if finding.symptom or finding.check in BROUGHT_DOWN:
            candidates += [other for under in below.of(node) for other in at[under]]
        if starter := STOPS_WITH.get(finding.check):
            agents = (under for under in below.of(node) if under[1].startswith(f"{starter}@"))
            candidates += [other for under in agents for other in at[under] if not other.symptom]
        if whole := GATHERED.get(finding.check):
            of = (other for other in wholes if other.check == whole)
            candidates += [
                other for other in of if node in graph.get((other.subject.kind, other.subject.id), ())
            ]
        candidates = [other for other in candidates if _can_explain(other, finding)]
        if candidates:
            explained[finding] = min(candidates, key=_alone)
    return explained


class _Below:
    """The nodes with findings that a node depends on, however deep; each node is worked out once."""

    def __init__(self, graph: Graph, afflicted: Mapping[Node, object]) -> None:
        self._graph = graph
        self._afflicted = frozenset(afflicted)
        self._known: dict[Node, frozenset[Node]] = {}

    def of(self, node: Node) -> frozenset[Node]:
        if node not in self._known:
            self._known[node] = frozenset()  # a cycle, if ever one slips in, ends here
            needs = self._graph.get(node, ())
            self._known[node] = frozenset(need for need in needs if need in self._afflicted).union(
                *(self.of(need) for need in needs)
            ) - {node}
        return self._known[node]


def _can_explain(cause: Finding, effect: Finding) -> bool:
    if cause is effect:
        return False
    if cause.severity.rank < effect.severity.rank and not _came_just_before(cause, effect):
        return False
    if cause.since and effect.since and effect.since < cause.since - SLACK:
        return False
    return effect.symptom or not cause.symptom


def _came_just_before(cause: Finding, effect: Finding) -> bool:
    """Whether the cause is a change, and the effect began when it was young."""
    if cause.check not in CHANGES or cause.since is None or effect.since is None:
        return False
    return effect.since - SOON <= cause.since <= effect.since


def _root(finding: Finding, explained: Mapping[Finding, Finding]) -> Finding:
    passed = {finding}
    while finding in explained and explained[finding] not in passed:
        finding = explained[finding]
        passed.add(finding)
    return finding


def _layer(finding: Finding) -> int:
    kind = finding.subject.kind
    return LAYERS.index(kind) if kind in LAYERS else len(LAYERS)


def _alone(finding: Finding) -> tuple[object, ...]:
    """Causes before symptoms, the severe first, the low layers first; then a stable order."""
    return (finding.symptom, -finding.severity.rank, _layer(finding), *_name(finding))


def _name(finding: Finding) -> tuple[str, ...]:
    """By name, so that compute1 comes before compute2, whatever their ids are."""
    return (finding.check, finding.subject.name, *finding.key)


def _order(root: Finding, explains: list[Finding]) -> tuple[object, ...]:
    rank = max(finding.severity.rank for finding in (root, *explains))
    return (-rank, root.symptom, -len(explains), _layer(root), finding_time(root), *_name(root))


def finding_time(finding: Finding) -> float:
    """When it began, as seconds since the epoch; those that cannot tell come after those that can."""
    return finding.since.timestamp() if finding.since else float("inf")


def _why(root: Finding, explains: list[Finding], rank: int) -> str:
    if root.check in NAMES_ITS_REASON:
        return "The walk itself names the place and the reason, and nothing else that was seen explains it."
    if root.symptom:
        return "It is a symptom, and nothing that could be seen explains it."
    if number := sum(finding.severity is not Severity.INFO for finding in explains):
        noun = "finding follows" if number == 1 else "findings follow"
        if root.check in CHANGES and root.since:
            return f"It was changed first: {number} other {noun} from it."
        return f"{number} other {noun} from it, and nothing that it depends on is wrong."
    if rank == 1:
        return "Nothing that it depends on is wrong, and nothing else explains it."
    return "It stands alone: no other finding explains it, and it explains none."

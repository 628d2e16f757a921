"""Every host is asked everything: each constraint of Placement, then each filter, whatever came before."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from mitate.analyze.placement.answers import Emptied, Mend, Refusal, Unseen
from mitate.analyze.placement.candidates import refusal
from mitate.analyze.placement.cloud import Cloud, HostState
from mitate.analyze.placement.filters._filter import Filter, filters_in_order
from mitate.analyze.placement.filters.numa_topology import numa_topology
from mitate.analyze.placement.filters.pci_passthrough import pci_passthrough
from mitate.analyze.placement.request import Ask
from mitate.analyze.placement.tree import together
from mitate.model.cloud import Hypervisor
from mitate.model.placement import Candidates, Constraint, Stage, Wanted

CANDIDATE = "allocation candidates"
NODE = "compute nodes that Nova knows"
CELL = "hosts with a cell"
CLAIMS = ("PCI claim", "NUMA claim")


class Judged(msgspec.Struct, frozen=True):
    """One host's answers. steps: what was asked, in order, and the answer: a Refusal, why it cannot be told
    (text), or None for yes."""

    host: HostState
    steps: tuple[Refusal | str | None, ...]

    @property
    def refusals(self) -> tuple[Refusal, ...]:
        return tuple(each for each in self.steps if isinstance(each, Refusal))

    @property
    def unknown(self) -> tuple[str, ...]:
        return tuple(each for each in self.steps if isinstance(each, str))

    @property
    def takes_it(self) -> bool:
        """For sure."""
        return not any(self.steps)


class Step(msgspec.Struct, frozen=True):
    """One question that every host is asked. constraint: None of what is no constraint."""

    stage: Stage
    name: str
    constraint: Constraint | None = None


class Judgement(msgspec.Struct, frozen=True):
    """steps: in Nova's order. differ: where Placement's own answer is another than ours, a sentence each."""

    steps: tuple[Step, ...]
    hosts: tuple[Judged, ...]
    assumptions: tuple[str, ...] = ()
    refused: str = ""
    """Placement's words, when it said no to the request itself."""
    filters: tuple[Filter, ...] = ()

    @property
    def met(self) -> dict[Constraint, int]:
        """For each constraint the hosts that meet it or may do so, a bit each."""
        found = {}
        for at, step in enumerate(self.steps):
            if step.constraint:
                bits = "".join("0" if isinstance(each.steps[at], Refusal) else "1" for each in self.hosts)
                found[step.constraint] = int(bits[::-1] or "0", 2)
        return found


def judge(
    wanted: Wanted, ask: Ask, cloud: Cloud, microversion: str = "", emptied: Emptied | None = None
) -> Judgement:
    """Ask every host everything. microversion: the highest of the compute API, "" if unknown. emptied: what
    the scheduler's log says of the request; it decides where nothing else tells."""
    filters, assumed = filters_in_order(cloud, microversion)
    claims: tuple[str, ...] = ()
    if wanted.forced_host and not wanted.hint("check_type"):
        filters, assumed = (), ("a host that is forced (ZONE:HOST) is not asked by the filters",)
        claims = CLAIMS
    steps = [Step(Stage.PLACEMENT, words(each), each) for each in ask.constraints]
    steps += [Step(Stage.PLACEMENT, CANDIDATE), Step(Stage.FILTERS, NODE)]
    steps += [Step(Stage.FILTERS, each.name) for each in filters]
    steps += [Step(Stage.CLAIM, each) for each in (*claims, CELL)]
    said, heard = _said(ask, cloud)
    hosts: list[Judged] = []
    differ: list[str] = []
    for host in cloud.hosts:
        placement = _placement(wanted, ask, host, cloud)
        if any(placement) and ask.fallback and not any(_placement(wanted, ask.fallback, host, cloud)):
            placement = [None] * len(placement)
        if host.provider and said:
            placement = _settle(placement, host, said, heard, differ)
        asked = filters_of(filters, host, wanted, cloud, emptied)
        claimed = _claims(host, wanted, cloud) if claims else ()
        answers = [*placement, _node(host, cloud), *asked, *claimed, _cell(host, cloud)]
        hosts.append(Judged(host, tuple(answers)))
    if differ:
        assumed = (*assumed, f"Placement's own answer is taken where ours differs: {'; '.join(differ[:3])}")
    refused = said[0].refusal if said and all(each.refusal for each in said) else ""
    return Judgement(tuple(steps), tuple(hosts), (*ask.assumptions, *assumed), refused, filters)


def words(one: Constraint) -> str:
    """A constraint as a line of the waterfall."""
    group = f" (group {one.group})" if one.group else ""
    root = " at the root" if one.root else ""
    if one.kind == "resource":
        return f"{one.name} {one.amount}{group}"
    if one.kind in {"trait", "any_trait"}:
        return f"trait {one.name.replace(',', ' or ')}{root}{group}"
    if one.name == "COMPUTE_STATUS_DISABLED":
        return "not disabled"
    if one.kind == "no_trait":
        return f"no trait {one.name}{root}{group}"
    return one.origin or f"{one.kind} {one.name}"


def _placement(wanted: Wanted, ask: Ask, host: HostState, cloud: Cloud) -> list[Refusal | str | None]:
    """Each constraint, and last whether they are met together."""
    answers: list[Refusal | str | None] = []
    for constraint in ask.constraints:
        try:
            answers.append(refusal(constraint, host, wanted, cloud))
        except Unseen as unseen:
            answers.append(str(unseen))
    try:
        answers.append(
            None if any(answers) else together(ask.constraints, ask.group_policy, host, wanted, cloud)
        )
    except Unseen as unseen:
        answers.append(str(unseen))
    return answers


def _said(ask: Ask, cloud: Cloud) -> tuple[list[Candidates], bool]:
    """What Placement itself said to the request (and to its fallback); whether all of it was heard."""
    asks = [ask, ask.fallback] if ask.fallback else [ask]
    said = [found for each in asks if (found := cloud.candidates.get(each.query()))]
    return said, len(said) == len(asks) and not any(each.limited for each in said)


def _settle(
    ours: list[Refusal | str | None],
    host: HostState,
    said: Sequence[Candidates],
    heard: bool,
    differ: list[str],
) -> list[Refusal | str | None]:
    """Placement's word counts: ours explains it."""
    assert host.provider
    if any(host.provider.id in each.roots for each in said):
        differ += [f"it offers {host.host}" for each in ours if isinstance(each, Refusal)][:1]
        return [None] * len(ours)
    if not heard or any(isinstance(each, Refusal) for each in ours):
        return ours
    refusals = [each.refusal for each in said if each.refusal]
    says = f"Placement does not offer {host.host}"
    if refusals:
        says = f"Placement refuses the request: {refusals[0]}"
    elif not any(ours):
        differ.append(f"it does not offer {host.host}")
    last = Refusal("Placement", Stage.PLACEMENT, says, seen=tuple(said))
    return [*(None for _ in ours[:-1]), last]


def _node(host: HostState, cloud: Cloud) -> Refusal | str | None:
    """The scheduler looks providers up among the compute nodes of its cells, and drops whom it does not find
    there (nova.scheduler.host_manager.HostManager.get_host_states_by_uuids)."""
    if host.hypervisor or host.service:
        return None
    if cloud.snapshot.blind(Hypervisor):
        return f"whether Nova knows the compute node {host.node} was not seen"
    says = f"the provider {host.node} belongs to no compute node that Nova knows"
    return Refusal("compute node", Stage.FILTERS, says, seen=(host.provider,) if host.provider else ())


def _claims(host: HostState, wanted: Wanted, cloud: Cloud) -> tuple[Refusal | str | None, ...]:
    """What the compute itself asks when the server comes (nova.compute.claims.Claim). Of a host that is not
    forced the filters have asked it before. A host without NUMA cells is not asked for them."""
    pci, numa = filters_of((pci_passthrough, numa_topology), host, wanted, cloud)
    if isinstance(pci, Refusal):
        pci = msgspec.structs.replace(pci, by=CLAIMS[0], stage=Stage.CLAIM)
    return pci, None if isinstance(numa, Refusal) else numa


def _cell(host: HostState, cloud: Cloud) -> Refusal | str | None:
    """A host that was never mapped to its cell is chosen like any other; then the conductor fails. The list
    of hypervisors leaves it out, the list of services does not."""
    if host.hypervisor or not host.service or cloud.snapshot.blind(Hypervisor):
        return None
    change = Mend(
        f"map {host.host}",
        f"map {host.host} to its cell (nova-manage cell_v2 discover_hosts)",
        ("nova-manage cell_v2 discover_hosts --verbose",),
        effort=1,
    )
    says = f"{host.host} has a compute service, but no cell: a server that is sent there fails"
    return Refusal("cell mapping", Stage.CLAIM, says, seen=(host.service,), mends=(change,))


def filters_of(
    filters: Sequence[Filter], host: HostState, wanted: Wanted, cloud: Cloud, emptied: Emptied | None = None
) -> list[Refusal | str | None]:
    """What each filter says to a host, as Judged.steps has it. emptied: see judge."""
    answers: list[Refusal | str | None] = []
    for each in filters:
        try:
            answers.append(each.ask(host, wanted, cloud))
        except Unseen as unseen:
            if emptied is None or emptied.filter != each.name:
                answers.append(str(unseen))
                continue
            says = f"{each.name} left no host, by Nova's own log; {unseen}"
            answers.append(Refusal(each.name, Stage.FILTERS, says, seen=(emptied.line,), mends=unseen.mends))
    return answers

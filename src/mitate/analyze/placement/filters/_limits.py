"""How many servers, and how many heavy operations, a host may have."""

from __future__ import annotations

import msgspec

from mitate.analyze.placement.answers import Mend, Refusal, Unseen
from mitate.analyze.placement.cloud import Cloud, HostState
from mitate.analyze.placement.filters._filter import refuse
from mitate.analyze.placement.filters._looks import number_option, servers_on, values, with_key
from mitate.analyze.placement.filters._mends import PROMISE, aggregate_with, configure, migrate
from mitate.model.placement import Aggregate


class Limit(msgspec.Struct, frozen=True):
    """An option of [filter_scheduler] that aggregates may say otherwise in their metadata."""

    name: str
    default: int

    def of(self, cloud: Cloud, host: HostState | None = None) -> tuple[int, tuple[Aggregate, ...]]:
        """The limit, and the aggregates that set it; of the option alone without a host. One value that is no
        number makes Nova take the option."""
        general = number_option(cloud, "filter_scheduler", self.name, self.default)
        told = values(host, cloud, self.name) if host else set()
        try:
            numbers = [int(value) for value in told]
        except ValueError:
            return general, ()
        if not host or not numbers:
            return general, ()
        return min(numbers), with_key(host, self.name)


MAX_INSTANCES = Limit("max_instances_per_host", 50)
MAX_IO_OPS = Limit("max_io_ops_per_host", 8)


def too_many_instances(
    by: str, host: HostState, cloud: Cloud, limit: tuple[int, tuple[Aggregate, ...]]
) -> Refusal | None:
    """Raises Unseen when the number is not told."""
    most, limiting = limit
    told = host.hypervisor.running_vms if host.hypervisor else None
    number = len(servers_on(host, cloud)) if told is None else told
    if number < most:
        return None
    here = sorted(host.servers or ())
    mends = [_raise(cloud, MAX_INSTANCES, number + 1, limiting)]
    if here and len(here) > number - most:
        mends.append(migrate(cloud, host, here[: number - most + 1]))
    return refuse(
        by,
        f"host {host.host} has {number} servers, and may have {most}",
        wanted=f"fewer than {most} servers",
        available=number,
        seen=(host.hypervisor, *limiting),
        mends=mends,
    )


def too_many_io_ops(
    by: str, host: HostState, cloud: Cloud, limit: tuple[int, tuple[Aggregate, ...]]
) -> Refusal | None:
    """Raises Unseen when the number may be either."""
    most, limiting = limit
    tasks = host.hypervisor.current_workload if host.hypervisor else None
    if most <= host.placed:  # each server that it is given is one
        return refuse(
            by,
            f"host {host.host} may have no more heavy operations, as max_io_ops_per_host is {most}",
            wanted=f"fewer than {most} operations",
            available=host.placed,
            seen=(host.hypervisor, *limiting),
            mends=() if tasks is None else (_raise(cloud, MAX_IO_OPS, tasks + 1, limiting),),
        )
    if tasks is not None and tasks + host.placed < most:
        return None
    raise Unseen(
        f"how many heavy operations run on {host.host} is not told"
        + (f" ({tasks} servers have a task, {most} operations are allowed)" if tasks is not None else "")
    )


def _raise(cloud: Cloud, limit: Limit, value: int, limiting: tuple[Aggregate, ...]) -> Mend:
    """The lowest number that would do, wherever a lower one is set."""
    lower = [each for each in limiting if int(dict(each.metadata)[limit.name]) < value]
    if not lower:
        return configure(cloud, "filter_scheduler", limit.name, str(value), risk="all hosts may have as many")
    each_alone = [aggregate_with(each, {limit.name: str(value)}) for each in lower]
    return Mend(
        key=", ".join(each.key for each in each_alone),
        change=" and ".join(each.change for each in each_alone),
        commands=tuple(command for each in each_alone for command in each.commands),
        risk="all hosts of the aggregate may have as many",
        effort=PROMISE,
    )

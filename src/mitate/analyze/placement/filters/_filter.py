"""How a scheduler filter is written and found.

A filter is a pure function in ``analyze/placement/filters/NAME.py``; file and function have one name, the
decorator names Nova's class::

    @scheduler_filter("NumInstancesFilter")
    def num_instances(host: HostState, wanted: Wanted, cloud: Cloud) -> Refusal | None:
        '''One sentence that says what the filter demands.

        What it means
            …
        Why it happens
            …
        Look again
            …
        Fix
            …
        '''

It answers None for yes, a Refusal for no, and raises Unseen when what it needs was not told. Its docstring is
its page in the manual, with the headings of a check's. What several filters share stands in files whose names
begin with an underscore.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterable
from functools import cache, partial

import msgspec

from mitate.analyze.placement.answers import Mend, Refusal, Unseen
from mitate.analyze.placement.cloud import Cloud, HostState
from mitate.analyze.placement.filters._defaults import enabled_by_default
from mitate.analyze.placement.filters._group_policy import NAME as POLICY
from mitate.analyze.placement.filters._group_policy import may_be_unkept, unkept
from mitate.model.placement import Stage, Wanted
from mitate.model.source import Fact

Ask = Callable[[HostState, Wanted, Cloud], Refusal | None]


class Filter(msgspec.Struct, frozen=True):
    """One filter of Nova's scheduler. name: its class name there. ask: raises Unseen."""

    name: str
    ask: Ask

    @property
    def manual(self) -> str:
        """The docstring, dedented."""
        import inspect  # noqa: PLC0415 - slow to import, and only the manual needs it

        return inspect.getdoc(self.ask) or ""


def scheduler_filter(name: str) -> Callable[[Ask], Filter]:
    """Make a filter of a function. name: the class in nova.scheduler.filters."""

    def make(ask: Ask) -> Filter:
        return Filter(name, ask)

    return make


def refuse(
    by: str,
    says: str,
    *,
    wanted: int | float | str | None = None,
    available: int | float | str | None = None,
    seen: Iterable[Fact | None] = (),
    mends: Iterable[Mend] = (),
) -> Refusal:
    """A filter's no. seen: facts that are None are left out."""
    facts = tuple(fact for fact in seen if fact is not None)
    return Refusal(by, Stage.FILTERS, says, wanted, available, facts, tuple(mends))


@cache
def all_filters() -> dict[str, Filter]:
    """Every filter that can be evaluated, by Nova's class name, found by path."""
    package = importlib.import_module("mitate.analyze.placement.filters")
    found = {}
    for name in sorted(info.name for info in pkgutil.iter_modules(package.__path__)):
        if not name.startswith("_"):
            here: Filter = getattr(importlib.import_module(f"{package.__name__}.{name}"), name)
            found[here.name] = here
    return found


def filters_in_order(cloud: Cloud, microversion: str = "") -> tuple[tuple[Filter, ...], tuple[str, ...]]:
    """The enabled filters in the scheduler's order, and what had to be assumed, a sentence each.

    microversion: the highest of the compute API, "" if unknown; it tells the release, and with it Nova's own
    list where no scheduler's file was seen. A filter that nobody knows here says Unseen of every host. Where
    a group's policy has no filter, a step of its own that says so comes first.
    """
    told = cloud.option("filter_scheduler", "enabled_filters") or cloud.option(
        "DEFAULT", "scheduler_default_filters"
    )
    names, assumed = enabled_by_default(microversion)
    if told:
        names, assumed = tuple(filter(None, map(str.strip, told.split(",")))), ()
    found = [all_filters().get(name) or _foreign(name) for name in names]
    if may_be_unkept(names):
        found.insert(0, Filter(POLICY, partial(unkept, enabled=names)))
    return tuple(found), assumed


def _foreign(name: str) -> Filter:
    def unknown(host: HostState, wanted: Wanted, cloud: Cloud) -> Refusal | None:
        raise Unseen(f"{name} is no filter of Nova's own: what it demands of {host.host} is not known")

    return Filter(name, unknown)

from __future__ import annotations

from typing import Any

from mitate.analyze.placement.answers import Refusal, Unseen
from mitate.analyze.placement.cloud import Cloud, HostState
from mitate.analyze.placement.filters._filter import refuse, scheduler_filter
from mitate.analyze.placement.filters._mends import flavor_without
from mitate.analyze.placement.filters._operators import match
from mitate.analyze.placement.filters._state import ATTRIBUTES, STATS, cpu_info, is_ironic, told
from mitate.analyze.words import short
from mitate.model.placement import Wanted

SCOPE = "capabilities"


@scheduler_filter("ComputeCapabilitiesFilter")
def compute_capabilities(host: HostState, wanted: Wanted, cloud: Cloud) -> Refusal | None:
    """A host must have the capabilities that the flavour's properties demand.

    What it means
        The flavour has a property ``capabilities:…``, or one without a colon that has the name of something
        the scheduler knows of a host, and what the host reports does not meet it. ``capabilities:a:b`` goes
        deeper: ``capabilities:cpu_info:features`` are the flags of its CPU.
    Why it happens
        A slip in the property's name (what no host reports meets nothing), a property meant for another
        filter (aggregate_instance_extra_specs:…), or hosts of another make.
    Look again
        openstack flavor show FLAVOR -c properties
        openstack --os-compute-api-version 2.53 hypervisor show HOST
    Fix
        openstack flavor unset FLAVOR --property NAME
    """
    failed: dict[str, str] = {}
    unseen: Unseen | None = None
    for name, demanded in wanted.extra_specs:
        scope = _scope(name, host)
        if not scope:
            continue
        try:
            has = _value(host, scope, cloud)
        except Unseen as why:
            unseen = why
            continue
        try:
            if has is None:
                failed[name] = f"{':'.join(scope)}, which it does not report"
            elif not match(str(has), demanded):
                failed[name] = f"{demanded} of {':'.join(scope)}, which is {short(str(has), 60)}"
        except ValueError:
            failed[name] = f"{demanded} of {':'.join(scope)}, which makes the scheduler itself fail"
    if not failed:
        if unseen:
            raise unseen
        return None
    name, why_not = next(iter(failed.items()))
    return refuse(
        "ComputeCapabilitiesFilter",
        f"flavour {wanted.flavor_name} demands of host {host.host} {' and '.join(failed.values())}",
        wanted=f"{name}={wanted.spec(name)}",
        available=why_not.rpartition(", which ")[2],
        seen=(host.hypervisor,),
        # a further demand that could not be looked at may stand, so that this alone might not be enough
        mends=(flavor_without(wanted, failed),) if unseen is None else (),
    )


def _scope(name: str, host: HostState) -> list[str]:
    """The path that a property names, empty when it is none of this filter's. Raises Unseen."""
    scope = name.split(":")
    if len(scope) > 1:
        return scope[1:] if scope[0] == SCOPE else []
    if name in ATTRIBUTES or name.startswith(STATS):
        return scope
    if is_ironic(host):
        raise Unseen(f"the API does not tell whether node {host.node} reports {name}")
    return []


def _value(host: HostState, scope: list[str], cloud: Cloud) -> Any:
    """What the host reports, None for nothing. Raises Unseen."""
    first, *deeper = scope
    if first not in ATTRIBUTES:
        if first.startswith(STATS) or is_ironic(host):
            raise Unseen(f"the API does not tell {first} of {host.host}")
        return None
    if first == "cpu_info":
        if not deeper:
            raise Unseen(f"how {host.host} writes its cpu_info is not told")
        here: Any = cpu_info(host)
    else:
        here = told(host, first, cloud)
    for key in deeper:
        if not isinstance(here, dict):
            if isinstance(here, str):
                raise Unseen(f"what Nova makes of {':'.join(scope)} is not modelled")
            return None  # a number or a list has no members
        here = here.get(key)
        if here is None:
            return None
    return here

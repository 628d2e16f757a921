from __future__ import annotations

from collections.abc import Sequence

from mitate.analyze.check import Problem, Problems, check
from mitate.analyze.fixes import shell
from mitate.analyze.subjects import compute_service_subject
from mitate.analyze.words import short
from mitate.model.cloud import ComputeService, Hypervisor
from mitate.model.diagnosis import Severity

ENABLE = ("openstack", "compute", "service", "set", "--enable")
BY_NOVA = "AUTO:"
"""How Nova begins the reason when it disables a compute itself (nova/virt/libvirt: DISABLE_PREFIX)."""


@check(ComputeService, Hypervisor, severity=Severity.WARNING, helps=1)
def compute_service_disabled(
    services: Sequence[ComputeService], hypervisors: Sequence[Hypervisor]
) -> Problems:
    """A compute is disabled: it gets no new servers.

    What it means
        The servers on it run as ever, but the scheduler passes it over. Forgotten after maintenance, it
        is capacity that is missing when the cloud fills up.
    Why it happens
        Somebody disabled it (the reason, if they gave one, is in the finding), a tool did before an
        evacuation, or Nova did it itself ("AUTO: …") because it lost its connection to libvirt: then it
        enables it again as soon as libvirt is back.
    Look again
        openstack compute service list --long
    Fix
        openstack compute service set --enable HOST nova-compute
    """
    for service in services:
        if service.enabled:
            continue
        reason = service.disabled_reason.strip()
        auto = reason.startswith(BY_NOVA)
        if auto:
            who = f"Nova disabled it itself: {short(reason.removeprefix(BY_NOVA))}"
        else:
            who = f"the reason given is: {short(reason)}" if reason else "nobody wrote down why"
        here = [h for h in hypervisors if h.service_host == service.host and h.running_vms is not None]
        runs = f" ({here[0].running_vms} servers run on it)" if here else ""
        yield Problem(
            subject=compute_service_subject(service),
            says=f"{service.binary} on {service.host} is disabled, so no new server comes there{runs}; {who}",
            seen=(service, *here[:1]),
            symptom=auto,
            fix=() if auto else (shell(*ENABLE, service.host, service.binary),),
        )

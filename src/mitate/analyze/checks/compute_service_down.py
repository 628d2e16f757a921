from __future__ import annotations

from collections.abc import Sequence

from mitate.analyze.check import Problem, Problems, check
from mitate.analyze.fixes import shell
from mitate.analyze.loss import loss
from mitate.analyze.subjects import compute_service_subject
from mitate.analyze.words import lasting
from mitate.model.cloud import ComputeService
from mitate.model.diagnosis import Severity


@check(ComputeService, severity=Severity.CRITICAL, symptom=True)
def compute_service_down(services: Sequence[ComputeService]) -> Problems:
    """Nova has not heard from one of its services for too long, and calls it down.

    What it means
        The scheduler passes over a compute that is down, and what is asked of its servers is not done.
        Servers that run keep running.
    Why it happens
        The service is stopped, frozen or ends again and again; its host or its link is gone; the message
        broker, nova-conductor or the database does not take its reports; or clocks differ. Somebody may
        also have forced it down (masakari and other tools for evacuation do).
    Look again
        openstack compute service list
    Fix
        Follow the cause that explains it. Forced down: openstack compute service set --up HOST
        nova-compute, once it is certain that its servers were not started elsewhere.
    """
    for service in services:
        if service.up:
            continue
        silent = service.source.at - service.updated_at if service.updated_at else None
        if service.forced_down:
            heard = "somebody forced it down"
        else:
            heard = f"its last report is {lasting(silent)} old" if silent else "it has never reported"
        disabled = "" if service.enabled else " and disabled"
        yield Problem(
            subject=compute_service_subject(service),
            says=f"{service.binary} on {service.host} is down{disabled}: {heard}{loss(service.binary)}",
            seen=(service,),
            since=service.updated_at,
            severity=None if service.enabled else Severity.WARNING,
            symptom=False if service.forced_down else None,
            fix=(
                shell("openstack", "compute", "service", "set", "--up", service.host, service.binary)
                if service.forced_down
                else shell("openstack", "compute", "service", "list", "--host", service.host),
            ),
        )

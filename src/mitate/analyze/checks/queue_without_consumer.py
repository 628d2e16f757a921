from __future__ import annotations

from collections.abc import Sequence

from mitate.analyze.check import Problem, Problems, check
from mitate.analyze.fixes import on
from mitate.analyze.life import is_agent, lives
from mitate.analyze.queues import owner
from mitate.analyze.subjects import AGENT_TYPES, queue_subject, service_subject
from mitate.model.cloud import ComputeService, NetworkAgent
from mitate.model.diagnosis import Severity, Subject
from mitate.model.host import Process, Queue, Unit


@check(Queue, Process, Unit, NetworkAgent, ComputeService, severity=Severity.CRITICAL, helps=4, symptom=True)
def queue_without_consumer(
    queues: Sequence[Queue],
    processes: Sequence[Process],
    units: Sequence[Unit],
    agents: Sequence[NetworkAgent],
    services: Sequence[ComputeService],
) -> Problems:
    """Messages wait in a service's queue and nobody takes them.

    What it means
        What was asked of that service is not done, and who asked waits until it times out.
    Why it happens
        The service that takes them is stopped, frozen or cut off from the broker; or, for the queue of a
        host, the host has left the cloud and something still calls it.
    Look again
        rabbitmqctl list_queues name consumers messages
    Fix
        Mend or start the service that takes them. The queue of a host that is gone for ever: rabbitmqctl
        delete_queue NAME
    """
    known = {key for key, life in lives(processes, units).items() if life.expected}
    known |= {(agent.host, agent.binary) for agent in agents}
    known |= {(service.host, service.binary) for service in services}
    for queue in queues:
        found = owner(queue.name, known) if queue.messages > 0 and not queue.consumers else None
        if found is None:
            continue
        service, host = found
        if host:
            severity = Severity.WARNING if (host, service) in known else Severity.INFO
        else:
            severity = Severity.CRITICAL
            host = min((at for at, name in known if name == service), default="")
        yield Problem(
            subject=_subject(service, host)
            if host
            else queue_subject(queue.source.host, queue.vhost, queue.name),
            says=f"{queue.messages} messages wait in the queue {queue.name}, and {service} takes none: "
            f"it has no consumer",
            seen=(queue,),
            severity=severity,
            fix=(on(queue.source.host, "rabbitmqctl", "list_queues", "name", "consumers", "messages"),),
        )


def _subject(service: str, host: str) -> Subject:
    if is_agent(service):
        return Subject("agent", f"{service}@{host}", f"{AGENT_TYPES.get(service, service)} on {host}", host)
    return service_subject(service, host)

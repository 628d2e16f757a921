from __future__ import annotations

from collections.abc import Sequence

from mitate.analyze.check import Problems, check
from mitate.analyze.lost import lost
from mitate.analyze.peers import BROKER
from mitate.model.diagnosis import Severity
from mitate.model.host import ConfigOption, LogLine, Process, Socket


@check(Process, Socket, LogLine, ConfigOption, severity=Severity.CRITICAL, helps=2, symptom=True)
def broker_unreachable(
    processes: Sequence[Process],
    sockets: Sequence[Socket],
    logs: Sequence[LogLine],
    options: Sequence[ConfigOption],
) -> Problems:
    """A service runs and cannot connect to the message broker.

    What it means
        It can neither be called nor call or report: sooner or later OpenStack takes it for dead, and what
        it was to do waits.
    Why it happens
        The broker is stopped or out of memory or disk, its address in transport_url is wrong, or a
        firewall or a cut link lies between.
    Look again
        ss -tnp | grep -e :5672 -e :5671 on its host; rabbitmqctl status at the broker
        grep AMQP in the service's log
    Fix
        Mend the broker, the address or the way there. The service connects again by itself.
    """
    yield from lost(BROKER, processes, sockets, logs, options)

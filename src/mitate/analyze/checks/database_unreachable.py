from __future__ import annotations

from collections.abc import Sequence

from mitate.analyze.check import Problems, check
from mitate.analyze.lost import lost
from mitate.analyze.peers import DATABASE
from mitate.model.diagnosis import Severity
from mitate.model.host import ConfigOption, LogLine, Process, Socket


@check(Process, Socket, LogLine, ConfigOption, severity=Severity.CRITICAL, helps=2, symptom=True)
def database_unreachable(
    processes: Sequence[Process],
    sockets: Sequence[Socket],
    logs: Sequence[LogLine],
    options: Sequence[ConfigOption],
) -> Problems:
    """A service runs and cannot connect to the database.

    What it means
        Every request that needs data fails with an error 500; services that write their reports
        themselves look dead.
    Why it happens
        The database is stopped, has lost its cluster, or is full; its address in ``connection`` is wrong;
        or a firewall or a cut link lies between.
    Look again
        ss -tnp | grep :3306 on its host; systemctl status mariadb at the database
        grep -i mysql in the service's log
    Fix
        Mend the database, the address or the way there. The service connects again by itself.
    """
    yield from lost(DATABASE, processes, sockets, logs, options)

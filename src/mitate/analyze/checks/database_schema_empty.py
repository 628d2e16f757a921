from __future__ import annotations

from collections.abc import Sequence

from mitate.analyze.check import Problem, Problems, check
from mitate.analyze.life import lives
from mitate.analyze.subjects import database_subject
from mitate.model.diagnosis import Severity
from mitate.model.host import Database, Process

SCHEMAS = {
    "keystone": ("keystone", "keystone-manage db_sync"),
    "glance": ("glance-api", "glance-manage db_sync"),
    "placement": ("placement-api", "placement-manage db sync"),
    "nova_api": ("nova-api", "nova-manage api_db sync"),
    "nova": ("nova-conductor", "nova-manage db sync"),
    "nova_cell0": ("nova-conductor", "nova-manage db sync"),
    "neutron": ("neutron-api", "neutron-db-manage upgrade heads"),
    "cinder": ("cinder-api", "cinder-manage db sync"),
    "heat": ("heat-engine", "heat-manage db_sync"),
    "octavia": ("octavia-api", "octavia-db-manage upgrade head"),
}
"""The schemas of the installation guides: who uses them, and what creates their tables."""


@check(Database, Process, severity=Severity.WARNING, helps=1)
def database_schema_empty(databases: Sequence[Database], processes: Sequence[Process]) -> Problems:
    """The schema of a service has no tables.

    What it means
        The service connects, and fails at its first query: table … doesn't exist.
    Why it happens
        The step that creates the tables was never run, failed, or ran against another database; or the
        schema was dropped and created anew.
    Look again
        mysql -e 'SHOW TABLES' SCHEMA
    Fix
        Run the service's own db sync as its user (su -s /bin/sh -c 'nova-manage db sync' nova), then
        restart it.
    """
    running = {name for (_, name), life in lives(processes).items() if life.running}
    for database in databases:
        if database.tables or database.name not in SCHEMAS:
            continue
        service, sync = SCHEMAS[database.name]
        used = service in running
        yield Problem(
            subject=database_subject(database.source.host, database.name),
            says=f"The database {database.name} on {database.source.host} has no tables"
            + (f", and {service} runs on it" if used else ""),
            seen=(database,),
            severity=Severity.CRITICAL if used else None,
            fix=(f"{sync}  # on a host of {service}, as its user",),
        )

from __future__ import annotations

from collections.abc import Sequence

from mitate.analyze.catalogue import AUTH
from mitate.analyze.check import Problem, Problems, check
from mitate.analyze.fixes import shell
from mitate.analyze.life import lives
from mitate.analyze.subjects import service_subject
from mitate.model.cloud import Endpoint
from mitate.model.diagnosis import Severity
from mitate.model.host import Process
from mitate.model.services import BY_NAME

TYPES = {
    "compute": ("compute",),
    "network": ("network",),
    "image": ("image",),
    "placement": ("placement",),
    "volumev3": ("volumev3", "block-storage", "volumev2", "volume", "block-store"),
}
"""Service types without which a cloud lacks a limb, and their other names (service-types authority)."""


@check(Endpoint, Process, severity=Severity.CRITICAL)
def service_without_endpoint(endpoints: Sequence[Endpoint], processes: Sequence[Process]) -> Problems:
    """An API runs, but the catalogue does not know it.

    What it means
        Nobody finds it: the command line says that the service is not in the catalogue, and the services
        that need it fail as if it did not exist.
    Why it happens
        Its endpoint was never created, was deleted, is disabled, or belongs to another region than the
        one that is asked for.
    Look again
        openstack catalog list
        openstack endpoint list --service TYPE
    Fix
        openstack service create --name NAME TYPE (when the service is missing too) openstack endpoint
        create --region REGION TYPE public URL, and the same for internal and admin
    """
    catalogue = [endpoint for endpoint in endpoints if endpoint.interface != AUTH]
    if not catalogue:
        return  # it was not read: what it lacks cannot be told
    listed = {endpoint.service for endpoint in catalogue}
    told = set()
    for (host, name), life in lives(processes).items():
        api = BY_NAME[name].api if name in BY_NAME else ""
        main = life.main
        if main and api in TYPES and api not in told and not listed.intersection(TYPES[api]):
            told.add(api)
            yield Problem(
                subject=service_subject(name, host),
                says=f"{name} runs on {host}, but the catalogue has no endpoint of type {api}",
                seen=(main, catalogue[0]),
                fix=(
                    shell(
                        "openstack",
                        "endpoint",
                        "create",
                        "--region",
                        catalogue[0].region,
                        api,
                        "public",
                        "URL",
                    ),
                ),
            )

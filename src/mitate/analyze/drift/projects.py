"""Which release a service is of, by the packages of its host."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from mitate.analyze.drift.releases import Project, Release, release_of
from mitate.model.change import Package
from mitate.model.host import ConfigOption
from mitate.model.services import BY_NAME
from mitate.model.snapshot import Snapshot

NAMES = ("{}-common", "python3-{}", "openstack-{}-common", "{}-api", "openstack-{}", "{}")
"""Packages that have the version of a project: Debian's, Ubuntu's, RDO's."""


def project_of(service: str) -> str:
    known = BY_NAME.get(service)
    return known.project if known else service.partition("-")[0]


def versions(packages: Iterable[Package]) -> dict[tuple[str, str], Package]:
    """By (host, name)."""
    return {(each.source.host, each.name): each for each in packages}


def package_of(host: str, project: str, installed: Mapping[tuple[str, str], Package]) -> Package | None:
    """The package that tells the version of a project on a host."""
    places = ((host, name.format(project)) for name in NAMES)
    return next((installed[place] for place in places if place in installed), None)


def releases_of(snapshot: Snapshot) -> dict[tuple[str, str], Release | None]:
    """By (host, service), of every service that has options: None where it is not known."""
    installed = versions(snapshot.all(Package))
    found: dict[tuple[str, str], Release | None] = {}
    for option in snapshot.all(ConfigOption):
        place = (option.source.host, option.service)
        if place not in found:
            package = package_of(place[0], project_of(place[1]), installed)
            found[place] = release_of(project_of(place[1]), package.version) if package else None
    return found


def projects(snapshot: Snapshot) -> dict[tuple[str, str], Project | None]:
    """What the release of each (host, service) knows of its project's options."""
    return {
        place: release.projects.get(project_of(place[1])) if release else None
        for place, release in releases_of(snapshot).items()
    }

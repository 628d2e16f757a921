"""Names of options that the service's release does not know: misspelt, in a wrong section, or from elsewhere.

Only what is all but surely a slip is a difference: a name that is nearly one that the release knows in that
section, or a section that is nearly one. What no release data explains may belong to a driver of its own, and
is a note, as deprecated options are.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from difflib import get_close_matches
from functools import lru_cache

import msgspec

from mitate.analyze.drift.options import files_of
from mitate.analyze.drift.projects import project_of, releases_of
from mitate.analyze.drift.reading import known
from mitate.analyze.drift.releases import Project, Release
from mitate.analyze.subjects import config_subject
from mitate.model.diagnosis import Evidence, Severity
from mitate.model.drift import Difference, Kind
from mitate.model.host import ConfigOption
from mitate.model.snapshot import Snapshot

CHECK = "option_unknown"
NEAR = 0.86
"""As difflib measures: one letter of eight or more."""
LOGS_IN = ("auth_type", "auth_url", "auth_section")
RARE = 2
"""A name that stands in more sections than this says nothing about where it belongs."""


class Verdict(msgspec.Struct, frozen=True):
    """meant: what was probably meant, "" when nobody can say. note: what else is to be said."""

    meant: str = ""
    note: str = ""


def unknown_options(snapshot: Snapshot) -> tuple[list[Difference], list[str]]:
    """Slips, and notes. One for each line, whatever the number of services that read it."""
    releases, files = releases_of(snapshot), files_of(snapshot)
    logins = {
        (each.source.host, each.file, each.section)
        for each in snapshot.all(ConfigOption)
        if each.name in LOGS_IN
    }
    known_somewhere: set[tuple[str, str, int | None]] = set()
    doubtful: dict[tuple[str, str, int | None], tuple[ConfigOption, Verdict, str]] = {}
    for option in snapshot.all(ConfigOption):
        host = option.source.host
        place = (host, option.file, option.line)
        release = releases.get((host, option.service))
        project = release.projects.get(project_of(option.service)) if release else None
        if release is None or project is None:
            known_somewhere.add(place)
            continue
        login = (host, option.file, option.section) in logins
        verdict = _verdict(option.section, option.name, login, _Data(release, project))
        if verdict is None:
            known_somewhere.add(place)
        else:
            doubtful.setdefault(place, (option, verdict, release.release))
    slips: list[Difference] = []
    notes: dict[str, set[str]] = {}
    for place, (option, verdict, release_name) in doubtful.items():
        if place in known_somewhere:
            continue
        if verdict.meant:
            changed = files.of(option.source.host, option.file)
            slips.append(_difference(option, verdict.meant, release_name, changed))
        else:
            said = f"{option.file}: [{option.section}] {option.name}: {verdict.note.format(release_name)}"
            notes.setdefault(said, set()).add(option.source.host)
    return slips, [f"{said} ({', '.join(sorted(hosts)[:4])})" for said, hosts in sorted(notes.items())]


class _Data:
    """What a release knows, hashable by identity."""

    def __init__(self, release: Release, project: Project) -> None:
        self.release, self.project = release, project

    def __hash__(self) -> int:
        return hash((self.release.release, id(self.project)))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Data) and other.project is self.project


@lru_cache(maxsize=50_000)
def _verdict(section: str, name: str, login: bool, data: _Data) -> Verdict | None:
    """None for an option that is known and in its place."""
    project = data.project
    option = known((section, name), project)
    if option is not None:
        since = f" since {option.deprecated}" if isinstance(option.deprecated, str) else ""
        return Verdict(note=f"deprecated{since}, to be removed") if option.deprecated else None
    if (now := project.moved.get(section, {}).get(name)) is not None:
        return Verdict(note=f"deprecated: it is now [{now[0]}] {now[1]}")
    if login and name in data.release.auth:
        return None
    if section == "?":
        return None
    names = [*project.groups.get(section, {}), *(data.release.auth if login else ())]
    if not names:
        return _of_section(section, name, project)
    if near := get_close_matches(name, names, 1, NEAR):
        return Verdict(meant=f"[{section}] {near[0]}")
    homes = [group for group, known_there in project.groups.items() if name in known_there]
    if 0 < len(homes) <= RARE and "_" in name:
        return Verdict(meant=" or ".join(f"[{home}] {name}" for home in homes))
    return Verdict(note="{} knows no such option")


def _of_section(section: str, name: str, project: Project) -> Verdict | None:
    """Of a section that is not known: backends are named by whoever writes the file."""
    near = get_close_matches(section, list(project.groups), 1, NEAR)
    if near and name in project.groups[near[0]]:
        return Verdict(meant=f"[{near[0]}] {name}")
    return None


def _difference(option: ConfigOption, meant: str, release: str, changed: datetime | None) -> Difference:
    what = f"[{option.section}] {option.name}"
    host = option.source.host
    return Difference(
        kind=Kind.NAME,
        check=CHECK,
        severity=Severity.WARNING,
        subject=config_subject(host, option.file, option.section),
        what=what,
        says=f"{what} in {option.file} on {host} is no option of {project_of(option.service)} in {release}, "
        f"and is passed over in silence; {meant} may be meant",
        here=what,
        there=meant,
        where=f"{option.file}:{option.line}",
        service=option.service,
        hosts=(host,),
        since=changed,
        evidence=(Evidence.of(option, f"{option.file}:{option.line}: {what}"),),
    )


def but_slips(differences: Iterable[Difference], slips: Iterable[Difference]) -> list[Difference]:
    """Without those of an option that is misspelt: of that, more is known than that its equals lack it."""
    told = {(slip.subject.id, slip.what) for slip in slips}
    return [each for each in differences if (each.subject.id, each.what) not in told]


def unread(snapshot: Snapshot) -> Iterator[tuple[str, str]]:
    """(host, project) of which no release is known."""
    seen: Mapping[tuple[str, str], None] = {
        (host, project_of(service)): None
        for (host, service), release in releases_of(snapshot).items()
        if release is None
    }
    yield from seen

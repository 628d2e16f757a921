"""Options that differ among equals."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import datetime

import msgspec

from mitate.analyze.drift.equals import Own, groups, own, vote
from mitate.analyze.drift.projects import projects
from mitate.analyze.drift.reading import Name, Reading, Setting, default, readings
from mitate.analyze.drift.releases import Project
from mitate.analyze.subjects import config_subject
from mitate.model.diagnosis import Evidence, Severity
from mitate.model.drift import HIDDEN, UNSET, Difference, Kind
from mitate.model.host import ConfigFile, ConfigOption, HostIdentity
from mitate.model.net import Address
from mitate.model.services import BY_NAME
from mitate.model.snapshot import Snapshot

CHECK = "option_differs_among_equals"
LONG = 120
NAMED = 3
"""Of the equals, named in the sentence."""


class Files(msgspec.Struct, frozen=True):
    """When the files of each host were changed, by (host, path)."""

    changed: Mapping[tuple[str, str], datetime]

    def of(self, host: str, path: str) -> datetime | None:
        return self.changed.get((host, path))


def files_of(snapshot: Snapshot) -> Files:
    return Files({(each.source.host, each.path): each.changed_at for each in snapshot.all(ConfigFile)})


def options_that_differ(snapshot: Snapshot) -> list[Difference]:
    """One for each option and host; that several services read the same line is told once."""
    known = projects(snapshot)
    found = readings(snapshot.all(ConfigOption), snapshot.all(ConfigFile), known)
    mine = own(snapshot.all(HostIdentity), snapshot.all(Address))
    files = files_of(snapshot)
    told: dict[tuple[str, str, str, str], Difference] = {}
    for (service, *_), hosts in groups(found).items():
        group = _Group(service, hosts, found, known, mine, files)
        for difference in group.differences():
            place = (difference.subject.id, difference.what, difference.here, _project(service))
            told.setdefault(place, difference)
    return list(told.values())


class _Group(msgspec.Struct, frozen=True):
    """A service on hosts that are equals."""

    service: str
    hosts: list[str]
    readings: Mapping[tuple[str, str], Reading]
    projects: Mapping[tuple[str, str], Project | None]
    own: Own
    files: Files

    def differences(self) -> Iterator[Difference]:
        names = {name for host in self.hosts for name in self.readings[host, self.service]}
        for name in sorted(names):
            has = {host: self._setting(host, name) for host in self.hosts}
            raw = {_raw(setting) for setting in has.values()}
            if len(raw) > 1:
                yield from self._differs(name, has)

    def _setting(self, host: str, name: Name) -> Setting:
        setting = self.readings[host, self.service].get(name)
        return setting or default(name, self.projects.get((host, self.service)))

    def _differs(self, name: Name, has: Mapping[str, Setting]) -> Iterator[Difference]:
        keys = {host: key for host, setting in has.items() if (key := self._key(host, setting)) is not None}
        lines = {host: line for host in keys if (line := has[host].line)}
        if not lines:
            return
        usual_file = next(iter(lines.values())).file
        changed = {host: self._changed(host, lines, usual_file) for host in keys}
        later = sorted((h for h in keys if changed[h]), key=lambda h: (changed[h], h), reverse=True)
        voted = vote(keys, later)
        if voted is None:
            return
        others = [host for host in keys if host not in voted.exceptions]
        example = others[0] if others else None
        for host in voted.exceptions:
            line = lines.get(host)
            shown = self._shown(has[host], has[example] if example else None)
            there = self._shown(has[example], has[host]) if example else "as many different values"
            file = line.file if line else usual_file
            yield Difference(
                kind=Kind.OPTION,
                check=CHECK,
                severity=Severity.INFO if voted.split else Severity.WARNING,
                subject=config_subject(host, file, name[0]),
                what=f"[{name[0]}] {name[1]}",
                says=_says(name, host, shown, there, self._others(others, voted.split)),
                here=shown,
                there=there,
                where=f"{file}:{line.line}" if line and line.line else "",
                service=self.service,
                hosts=(host,),
                equals=tuple(keys),
                since=changed[host],
                evidence=tuple(
                    Evidence.of(each, f"{each.file}:{each.line}: {_line(each)}")
                    for each in (line, lines.get(example) if example else None)
                    if each
                ),
            )

    def _changed(self, host: str, lines: Mapping[str, ConfigOption], usual: str) -> datetime | None:
        return self.files.of(host, lines[host].file if host in lines else usual)

    def _key(self, host: str, setting: Setting) -> str | None:
        """None when it cannot be compared."""
        if not setting.told and setting.key is None:
            return UNSET
        if setting.own is not None:
            return setting.own
        if (
            setting.key is None
            or setting.value is None
            or (setting.key != setting.value and _digested(setting))
        ):
            return setting.key
        return self.own.left_out(host, setting.key)

    def _shown(self, setting: Setting, other: Setting | None) -> str:
        if not setting.told and setting.key is None:
            return UNSET
        if setting.value is None:
            return HIDDEN
        value = setting.value.replace("\n", ", ")[:LONG] or "(blank)"
        same = other is not None and other.value == setting.value
        return f"{value} (in what is not told)" if same else value if setting.told else f"{value} (default)"

    def _others(self, others: list[str], split: bool) -> str:
        if not others:
            return f"the {len(self.hosts)} hosts with {self.service} do not agree"
        if len(others) <= NAMED:
            return " and ".join(filter(None, (", ".join(others[:-1]), others[-1])))
        kinds = ", which makes two kinds of them" if split else ""
        return f"{len(others)} other hosts with {self.service}{kinds}"


def _digested(setting: Setting) -> bool:
    return any(line.digest for line in setting.told)


def _raw(setting: Setting) -> object:
    return UNSET if not setting.told and setting.key is None else setting.key


def _project(service: str) -> str:
    return BY_NAME[service].project if service in BY_NAME else service.partition("-")[0]


def _line(option: ConfigOption) -> str:
    return f"[{option.section}] {option.name} = {option.value if not option.redacted else HIDDEN}"


def _says(name: Name, host: str, here: str, there: str, others: str) -> str:
    option = f"[{name[0]}] {name[1]}"
    if here == HIDDEN and there == HIDDEN:
        return f"{option} on {host} is another than on {others} (its value is not told)"
    return f"{option} is {here} on {host}, and {there} on {others}"


def by_subject(differences: list[Difference]) -> Iterator[list[Difference]]:
    """Those of one section of one file together."""
    found: dict[str, list[Difference]] = defaultdict(list)
    for difference in differences:
        found[difference.subject.id].append(difference)
    yield from found.values()

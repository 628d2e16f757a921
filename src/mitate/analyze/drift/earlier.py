"""What is otherwise than in an earlier recording: options, packages, services, kernels, host by host.

Digests of two recordings were made with two keys, both thrown away: of a value that was not told nobody can
say whether it is another. What is told of it (a URL without its password) is compared.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from mitate.analyze.drift.options import files_of
from mitate.analyze.drift.projects import projects
from mitate.analyze.drift.reading import Name, Reading, Setting, default, readings
from mitate.analyze.drift.releases import Project
from mitate.analyze.subjects import config_subject, host_subject
from mitate.model.change import Package
from mitate.model.diagnosis import Evidence, Severity
from mitate.model.drift import HIDDEN, UNSET, Difference, Kind
from mitate.model.host import ConfigFile, ConfigOption, HostIdentity
from mitate.model.snapshot import Snapshot

CHECK = "changed_since"
"""What tells it: no check of the check-up, which sees one moment only."""


def changed_since(earlier: Snapshot, now: Snapshot) -> Iterator[Difference]:
    yield from _options(earlier, now)
    yield from _packages(earlier, now)
    yield from _kernels(earlier, now)


def uncompared(earlier: Snapshot, now: Snapshot) -> Iterator[str]:
    """What a reader should know of how it was compared."""
    keys = [{file.key for file in each.all(ConfigFile) if file.key} for each in (earlier, now)]
    if not keys[0] & keys[1]:
        yield "values that are not told were not compared: the two looks hashed them with different keys"
    hosts = [{each.source.host for each in look.all(HostIdentity)} for look in (earlier, now)]
    for gone, words in (
        (hosts[0] - hosts[1], "only in the earlier look"),
        (hosts[1] - hosts[0], "only in this look"),
    ):
        if gone:
            yield f"{', '.join(sorted(gone)[:5])}{' …' if len(gone) > 5 else ''}: {words}"


def _read(
    look: Snapshot, known: Mapping[tuple[str, str], Project | None]
) -> Mapping[tuple[str, str], Reading]:
    return readings(look.all(ConfigOption), look.all(ConfigFile), known)


def _options(earlier: Snapshot, now: Snapshot) -> Iterator[Difference]:
    known = {**projects(earlier), **projects(now)}
    before, after = _read(earlier, known), _read(now, known)
    same_key = bool(
        {file.key for file in earlier.all(ConfigFile) if file.key}
        & {file.key for file in now.all(ConfigFile) if file.key}
    )
    files, told = files_of(now), set()
    for (host, service), reading in after.items():
        old = before.get((host, service))
        if old is None:
            continue
        project = known.get((host, service))
        for name in sorted({*old, *reading}):
            was, is_ = old.get(name) or default(name, project), reading.get(name) or default(name, project)
            if not _changed(was, is_, same_key):
                continue
            line = is_.line or was.line
            place = (host, line.file if line else "", name)
            if line is None or place in told:
                continue
            told.add(place)
            yield Difference(
                kind=Kind.OPTION,
                check=CHECK,
                severity=Severity.WARNING,
                subject=config_subject(host, line.file, name[0]),
                what=f"[{name[0]}] {name[1]}",
                says=_says(name, host, was, is_),
                here=_shown(is_),
                there=_shown(was),
                where=f"{line.file}:{is_.line.line}" if is_.line else line.file,
                service=service,
                hosts=(host,),
                since=files.of(host, line.file),
                evidence=tuple(Evidence.of(each) for each in (is_.line, was.line) if each is not None),
            )


def _changed(was: Setting, is_: Setting, same_key: bool) -> bool:
    hidden = any(line.digest or line.redacted for each in (was, is_) for line in each.told)
    if hidden and not same_key:
        there, here = bool(was.told), bool(is_.told)
        return there != here or was.value != is_.value
    return was.key != is_.key


def _says(name: Name, host: str, was: Setting, is_: Setting) -> str:
    return f"[{name[0]}] {name[1]} on {host} is {_shown(is_)} and was {_shown(was)}"


def _shown(setting: Setting) -> str:
    if not setting.told:
        return UNSET if setting.value is None else f"{setting.value} (default)"
    return HIDDEN if setting.value is None else setting.value.replace("\n", ", ")[:120] or "(blank)"


def _packages(earlier: Snapshot, now: Snapshot) -> Iterator[Difference]:
    before = {(each.source.host, each.name, each.arch): each for each in earlier.all(Package)}
    for package in now.all(Package):
        was = before.get((package.source.host, package.name, package.arch))
        if was is None or was.version == package.version:
            continue
        host = package.source.host
        yield Difference(
            kind=Kind.PACKAGE,
            check=CHECK,
            severity=Severity.WARNING,
            subject=host_subject(host),
            what=package.name,
            says=f"{package.name} on {host} is {package.version} and was {was.version}",
            here=package.version,
            there=was.version,
            hosts=(host,),
            since=package.installed_at,
            evidence=(Evidence.of(package), Evidence.of(was)),
        )


def _kernels(earlier: Snapshot, now: Snapshot) -> Iterator[Difference]:
    before = {each.source.host: each for each in earlier.all(HostIdentity)}
    for each in now.all(HostIdentity):
        was = before.get(each.source.host)
        if was is None or not was.kernel or was.kernel == each.kernel:
            continue
        yield Difference(
            kind=Kind.PACKAGE,
            check=CHECK,
            severity=Severity.WARNING,
            subject=host_subject(each.source.host),
            what="kernel",
            says=f"{each.source.host} runs the kernel {each.kernel} and ran {was.kernel}",
            here=each.kernel,
            there=was.kernel,
            hosts=(each.source.host,),
            since=each.booted_at,
            evidence=(Evidence.of(each), Evidence.of(was)),
        )

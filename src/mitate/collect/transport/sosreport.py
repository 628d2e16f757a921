"""Sosreports as places: each source makes its answer out of what sos collected. Nothing is contacted.

A report is data from outside: archives are unpacked into a directory of our own (regular files and links that
stay inside, sizes bounded), and of an unpacked one nothing outside of it is read, whatever its links say.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from mitate.collect.question import Answer, Question, SosRoot, all_sources
from mitate.collect.transport.redact import redact_for
from mitate.collect.transport.sos_unpack import unpacked
from mitate.model.errors import CannotSee, CannotStart
from mitate.model.host import HostContact
from mitate.model.source import Source

MAX_FILE = 64_000_000
OPENSTACK = (
    "etc/nova",
    "etc/neutron",
    "etc/keystone",
    "etc/glance",
    "etc/placement",
    "etc/cinder",
    "etc/kolla",
    "etc/openstack_deploy",
    "etc/rabbitmq",
    "var/lib/config-data",
    "var/lib/openstack",
    "var/snap/openstack-hypervisor",
    "sos_commands/openstack*",
)
_DATES = ("%a %b %d %H:%M:%S %Z %Y", "%a %d %b %Y %I:%M:%S %p %Z", "%a %d %b %H:%M:%S %Z %Y")


class Unpacked(SosRoot):
    """The files below a directory, and nothing else: links that lead out of it are as if absent."""

    def __init__(self, root: Path) -> None:
        self._root = root.resolve()

    def read(self, *patterns: str) -> str:
        for pattern in patterns:
            for path in self._matches(pattern):
                return _text(path)
        raise CannotSee(f"not in the sosreport: {' or '.join(patterns)}", "absent")

    def files(self, *patterns: str) -> list[tuple[str, str]]:
        found = {path: None for pattern in patterns for path in self._matches(pattern)}
        return [(str(path.relative_to(self._root)), _text(path)) for path in found]

    def has(self, pattern: str) -> bool:
        return any(True for _ in self._root.glob(pattern))

    def _matches(self, pattern: str) -> list[Path]:
        found = sorted(self._root.glob(pattern.lstrip("/")))
        return [path for path in found if _inside(path, self._root) and path.is_file()]


class SosPlace:
    """One report. name: the host it was made on."""

    def __init__(self, root: Unpacked, name: str, at: datetime) -> None:
        self.name = name
        self.hostname = name
        self.contact = HostContact(source=Source(name, "sosreport", at), host=name, reached=True)
        self._root = root
        self._at = at

    async def ask(self, questions: Sequence[Question]) -> Mapping[str, Answer | CannotSee]:
        return {question.called: self._one(question) for question in questions}

    def _one(self, question: Question) -> Answer | CannotSee:
        registered = all_sources().get(question.name)
        if registered is None or registered.sosreport is None:
            return CannotSee("a sosreport does not hold it", "absent")
        try:
            text = registered.sosreport(self._root)
        except CannotSee as why:
            return why
        except (OSError, ValueError) as error:
            return CannotSee(f"the sosreport cannot be read there: {error}", "garbage")
        asked = getattr(question, "asked", question.name)
        cut = len(text) > question.limit
        return Answer(
            question.called, self.name, asked, self._at, redact_for(question)(text[: question.limit]), cut=cut
        )


def open_sosreports(paths: Sequence[Path]) -> list[SosPlace]:
    """A place for each report, by host. Raises CannotStart with one sentence for whatever is none."""
    places: dict[str, SosPlace] = {}
    for path in paths:
        directory = unpacked(path)
        root = Unpacked(directory)
        if not (root.has("sos_commands") or root.has("sos_logs")):
            raise CannotStart(f"{path} is no sosreport: it has no sos_commands")
        if not any(root.has(sign) for sign in OPENSTACK):
            raise CannotStart(f"{path} is of a machine without OpenStack: nothing of it is in there")
        at = _taken_at(root, directory)
        name = _hostname(root, path)
        if name not in places or at > places[name].contact.source.at:  # of two reports of a host, the younger
            places[name] = SosPlace(root, name, at)
    return list(places.values())


def _hostname(root: Unpacked, path: Path) -> str:
    for patterns in (("hostname", "sos_commands/host/hostname"), ("etc/hostname",)):
        try:
            name = root.read(*patterns).strip().split("\n")[0].strip()
        except CannotSee:
            continue
        if re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9.-]{0,254}", name):
            return name
    named = re.match(r"sosreport-([A-Za-z0-9.]+)", path.name)  # sosreport-HOST-CASE-DATE-ID.tar.xz
    return named[1] if named else path.name


def _taken_at(root: Unpacked, directory: Path) -> datetime:
    """When it was made: by its own ``date``, else by the file that sos writes first."""
    for pattern in (
        "sos_commands/date/date_--utc",
        "sos_commands/date/date_-u",
        "date",
        "sos_commands/date/date",
    ):
        try:
            told = " ".join(root.read(pattern).split())
        except CannotSee:
            continue
        for form in _DATES:
            try:
                return datetime.strptime(told, form).replace(tzinfo=UTC)
            except ValueError:
                continue
    try:
        stamp = next(path for name in ("version.txt", "sos_commands") if (path := directory / name).exists())
        return datetime.fromtimestamp(stamp.stat().st_mtime, UTC)
    except (StopIteration, OSError):
        return datetime.fromtimestamp(0, UTC)


def _text(path: Path) -> str:
    with path.open("rb") as file:
        return file.read(MAX_FILE).decode(errors="replace")


def _inside(path: Path, root: Path) -> bool:
    try:
        return path.resolve().is_relative_to(root)
    except (OSError, RuntimeError):
        return False  # a link that turns in circles

"""Options as a service itself sees them: all its files in their order, substitution done, values by type.

The rules are oslo.config's: of an option that stands several times the last one wins, in a later file before
an earlier one; a MultiStr takes them all; an option in an old place is read in the new one; ``$name`` stands
for another option of the same section, then of [DEFAULT]; ``$section.name`` for one of another. Values are
compared as oslo.config's types understand them: ``True`` and ``1`` are one for a Boolean, but not for a
string.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

import msgspec

from mitate.analyze.drift.releases import Option, Project
from mitate.model.host import ConfigFile, ConfigOption

Name = tuple[str, str]
"""(section, option)"""

_REFERENCE = re.compile(r"\$(?:\$|\{?([_a-z][._a-z0-9]*)\}?)", re.IGNORECASE)
DEEP = 5
PLAIN = Option()


class Setting(msgspec.Struct, frozen=True):
    """What a service has for one option. told: the lines that set it, the winning one last; empty for a
    default. value: as text, substituted; None when it did not leave the host. key: equal for equal values of
    one run, as the option's type understands them; None when nothing can be said. own: the same with what is
    the host's own taken out by the host itself.
    """

    value: str | None
    key: str | None
    told: tuple[ConfigOption, ...] = ()
    own: str | None = None

    @property
    def line(self) -> ConfigOption | None:
        return self.told[-1] if self.told else None


Reading = Mapping[Name, Setting]


def readings(
    options: Iterable[ConfigOption],
    files: Iterable[ConfigFile],
    projects: Mapping[tuple[str, str], Project | None] | None = None,
) -> dict[tuple[str, str], Reading]:
    """By (host, service). projects: by the same, what its release knows."""
    order: dict[tuple[str, str, str], int] = {
        (each.source.host, each.service, each.path): each.position
        for each in files
        if each.position is not None
    }
    told: dict[tuple[str, str], list[ConfigOption]] = defaultdict(list)
    for option in options:
        told[option.source.host, option.service].append(option)
    found = {}
    for (host, service), lines in told.items():
        lines.sort(key=lambda each: order.get((host, service, each.file), 0))  # stable: as told, else
        found[host, service] = read(lines, (projects or {}).get((host, service)))
    return found


def read(lines: Sequence[ConfigOption], project: Project | None = None) -> Reading:
    """Of one service: its options in the order in which it reads them."""
    by_name: dict[Name, list[ConfigOption]] = defaultdict(list)
    for line in lines:
        by_name[_place(line, project)].append(line)
    return {name: _setting(name, found, by_name, project) for name, found in by_name.items()}


def known(name: Name, project: Project | None) -> Option | None:
    """What the release knows of an option; None when it knows none of that name, or nothing at all."""
    return project.groups.get(name[0], {}).get(name[1]) if project else None


def default(name: Name, project: Project | None) -> Setting:
    """What a service has that no file sets."""
    option = known(name, project)
    if option is None or option.default is None:
        return Setting(None, None)
    value = ",".join(map(str, option.default)) if isinstance(option.default, list) else str(option.default)
    return Setting(value, as_seen(value, option))


def _place(line: ConfigOption, project: Project | None) -> Name:
    name = (line.section, line.name)
    if project is None or known(name, project):
        return name
    return project.moved.get(line.section, {}).get(line.name, name)


def _setting(
    name: Name, found: list[ConfigOption], every: Mapping[Name, list[ConfigOption]], project: Project | None
) -> Setting:
    option = known(name, project) or PLAIN
    lines = found if option.kind == "multi" else found[-1:]
    values = [_substituted(line, name[0], every, project, DEEP) for line in lines]
    if all(value is not None for value in values):
        text = "\n".join(filter(None, values))
        if not any(line.digest for line in lines):
            return Setting(text, as_seen(text, option), tuple(lines))
        return Setting(
            text, "\n".join(line.digest or line.value for line in lines), tuple(lines), _own(lines)
        )
    if all(line.digest for line in lines if line.redacted):
        key = "\n".join(line.digest or line.value for line in lines)
        return Setting(None, key, tuple(lines), _own(lines))
    return Setting(None, None, tuple(lines))


def _own(lines: Iterable[ConfigOption]) -> str | None:
    found = [line.digest_but_own for line in lines]
    return "\n".join(found) if any(found) else None


def _substituted(
    line: ConfigOption,
    section: str,
    every: Mapping[Name, list[ConfigOption]],
    project: Project | None,
    deep: int,
) -> str | None:
    """None where any part of it did not leave the host."""
    if line.redacted:
        return None
    if "$" not in line.value or deep == 0:
        return line.value
    hidden = False

    def stands_for(found: re.Match[str]) -> str:
        nonlocal hidden
        if found[1] is None:
            return "$"
        group, dot, name = found[1].rpartition(".")
        for place in [(group, name)] if dot else [(section, name), ("DEFAULT", name)]:
            if project is not None and known(place, project) is None:
                continue  # it is not registered there, whatever the file says
            if place in every:
                value = _substituted(every[place][-1], place[0], every, project, deep - 1)
                hidden = hidden or value is None
                return value or ""
            if (value := default(place, project).value) is not None:
                return value
        return found[0]

    value = _REFERENCE.sub(stands_for, line.value)
    return None if hidden else value


def as_seen(value: str, option: Option) -> str:
    """The value as its type understands it, as text that is equal for equal ones; as it is, where it is not
    understood (the service itself would refuse it)."""
    try:
        return _converted(value, option.kind)
    except (ValueError, TypeError):
        return value


def refused(value: str, option: Option) -> str:
    """Why the service would not take the value, "" when it does."""
    kind = _types().get(option.kind)
    try:
        if kind is not None:
            number = kind(value)
            if option.n is not None and number < option.n:
                return f"{value} is less than {option.n:g}, the least"
            if option.m is not None and number > option.m:
                return f"{value} is more than {option.m:g}, the most"
    except (ValueError, TypeError):
        return f"it is no {option.kind}"
    if option.choices and value not in option.choices:
        return f"it is none of {', '.join(option.choices[:8])}"
    return ""


@lru_cache(maxsize=100_000)
def _converted(value: str, kind: str) -> str:
    convert = _types().get(kind)
    if convert is None:
        return value
    found = convert(value)
    if isinstance(found, list):
        return ",".join(found)
    if isinstance(found, dict):
        return ",".join(f"{key}:{found[key]}" for key in sorted(found))
    return repr(float(found)) if kind == "float" else str(found)


@lru_cache(maxsize=1)
def _types() -> Mapping[str, Any]:
    from oslo_config import types  # noqa: PLC0415 - slow, and only needed where releases are known

    return {
        "bool": types.Boolean(),
        "dict": types.Dict(),
        "float": types.Float(),
        "int": types.Integer(),
        "list": types.List(),
    }

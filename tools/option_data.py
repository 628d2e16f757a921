"""What each release knows of options: names, types, defaults, deprecations, out of its own packages.

    python3 tools/option_data.py RELEASE >RELEASE.json      where the release's packages are installed
    python3 tools/option_data.py --pack RELEASE.json ...    into src/mitate/analyze/drift/releases

The first runs under any Python 3.9 or later that can import the packages: a host of that release, or a venv
with nova, neutron, keystone, glance, openstack-placement and cinder in it. It needs nothing of mitate, and
asks what oslo-config-generator asks, the entry points ``oslo.config.opts``. What cannot be imported is left
out, and said on standard error.
"""

from __future__ import annotations

import argparse
import contextlib
import gzip
import json
import os
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, entry_points, version
from pathlib import Path
from typing import Any

PROJECTS = {
    "cinder": ("cinder", ("cinder", "os_brick")),
    "glance": ("glance", ("glance",)),
    "keystone": ("keystone", ("keystone",)),
    "neutron": (
        "neutron",
        ("neutron", "os_vif", "nova.auth", "placement.auth", "ironic.auth", "designate.auth"),
    ),
    "nova": ("nova", ("nova", "os_vif", "os_brick")),
    "placement": ("openstack-placement", ("placement",)),
}
"""The distribution that tells the version, and what its entry points begin with."""
COMMON = ("oslo", "keystonemiddleware", "osprofiler", "castellan.config", "cotyledon")
AUTH = (
    "password",
    "v3password",
    "v2password",
    "v3applicationcredential",
    "token",
    "v3token",
    "none",
    "http_basic",
)
TYPES = {
    "Boolean": "bool",
    "Dict": "dict",
    "Float": "float",
    "Integer": "int",
    "List": "list",
    "MultiString": "multi",
    "Port": "int",
}
"""Every other type is text."""


def extract(release: str) -> dict[str, Any]:
    """All that is installed here of that release; each project in its own process: their options clash."""
    found = {project: told for project in PROJECTS if (told := _apart(project))}
    return {"release": release, "auth": _auth(), "projects": found}


def _apart(project: str) -> Any:
    reads, writes = os.pipe()
    if os.fork() == 0:
        with os.fdopen(writes, "w", encoding="utf-8") as pipe:
            json.dump(_project(*PROJECTS[project]), pipe, default=str)
        os._exit(0)
    os.close(writes)
    with os.fdopen(reads, encoding="utf-8") as pipe:
        told = json.loads(pipe.read() or "null")
    os.wait()
    return told


def _project(distribution: str, prefixes: tuple[str, ...]) -> dict[str, Any] | None:
    """None when it is not installed."""
    try:
        told = version(distribution)
    except PackageNotFoundError:
        return None
    groups: dict[str, dict[str, Any]] = {}
    moved: dict[str, dict[str, list[str]]] = {}
    for group, option in _options(prefixes + COMMON):
        groups.setdefault(group, {}).setdefault(option.dest, _told(option))
        for old in option.deprecated_opts:
            name = (old.name or option.dest).replace("-", "_")
            place = moved.setdefault(old.group or group, {})
            place.setdefault(name, [group, option.dest])
    return {"version": told, "groups": groups, "moved": moved}


def _options(prefixes: tuple[str, ...]) -> Iterator[tuple[str, Any]]:
    points = entry_points()
    chosen = (
        points.select(group="oslo.config.opts") if hasattr(points, "select") else points["oslo.config.opts"]
    )
    for point in sorted(chosen, key=lambda each: each.name):
        if not any(point.name == each or point.name.startswith(f"{each}.") for each in prefixes):
            continue
        try:
            told = list(point.load()())
        except Exception as error:  # whatever a package does when it is imported
            print(f"{point.name}: left out: {type(error).__name__}: {error}"[:200], file=sys.stderr)
            continue
        for group, options in told:
            for option in options:
                yield str(getattr(group, "name", group) or "DEFAULT"), option


def _told(option: Any) -> dict[str, Any]:
    """t: type. d: default, where it is the same on every host. n, m: least and most. c: choices.
    x: deprecated. s: secret."""
    kind = type(option.type).__name__
    told: dict[str, Any] = {}
    if getattr(option, "multi", False):
        told["t"] = "multi"
    elif kind in TYPES:
        told["t"] = TYPES[kind]
    if option.sample_default is None and isinstance(option.default, bool | int | float | str | list | dict):
        told["d"] = option.default
    for key, name in (("n", "min"), ("m", "max")):
        if isinstance(limit := getattr(option.type, name, None), int | float):
            told[key] = limit
    if choices := [each for each in getattr(option.type, "choices", None) or () if each is not None]:
        told["c"] = [str(each) for each in choices]
    if option.deprecated_for_removal:
        told["x"] = str(option.deprecated_since or "") or True
    if option.secret:
        told["s"] = True
    return told


def _auth() -> list[str]:
    """Options of the plugins that log in to Keystone: they may stand in any section that has one."""
    from keystoneauth1 import loading  # noqa: PLC0415 - only there where releases are installed

    names = {option.dest for option in loading.get_auth_common_conf_options()}
    names |= {option.dest for option in loading.get_session_conf_options()}
    names |= {option.dest for option in loading.get_adapter_conf_options()}
    for plugin in AUTH:
        with contextlib.suppress(Exception):
            for option in loading.get_plugin_loader(plugin).get_options():
                names |= {option.dest, *(each.name.replace("-", "_") for each in option.deprecated)}
    return sorted(names)


def pack(file: Path, into: Path) -> Path:
    """The same bytes for the same data, whenever it is packed."""
    data = json.loads(file.read_text("utf-8"))
    into.mkdir(parents=True, exist_ok=True)
    place = into / f"{data['release']}.json.gz"
    text = json.dumps(data, sort_keys=True, separators=(",", ":"))
    place.write_bytes(gzip.compress(text.encode(), 9, mtime=0))
    return place


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("release", nargs="?", help="its name: zed, 2026.2")
    parser.add_argument("--pack", type=Path, nargs="+", metavar="FILE")
    arguments = parser.parse_args()
    if arguments.pack:
        into = Path(__file__).parents[1] / "src/mitate/analyze/drift/releases"
        for file in arguments.pack:
            print(pack(file, into))
        return 0
    if not arguments.release:
        parser.error("name the release")
    json.dump(extract(arguments.release), sys.stdout, sort_keys=True, indent=0, default=str)
    return 0


if __name__ == "__main__":
    sys.exit(main())

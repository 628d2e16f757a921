"""What the options of ``_where.py`` name: the truth to look at."""

from __future__ import annotations

import argparse
import asyncio
import os
from collections.abc import Callable, Coroutine
from importlib.resources import files
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from mitate.app import Truth
from mitate.cli._progress import Progress
from mitate.lab import Lab, LabError
from mitate.model.errors import CannotStart

T = TypeVar("T")


def truth(arguments: argparse.Namespace) -> Truth:
    """What the options name. Raises CannotStart for a path or recording that is not there.

    With none of them the cloud is chosen by openstacksdk's rules, further down. With --lab the process moves
    into the network of the lab's operator, for good.
    """
    return msgspec.structs.replace(_named(arguments), thorough=arguments.thorough)


def _named(arguments: argparse.Namespace) -> Truth:
    recorded = (arguments.bundle, arguments.demo, arguments.sosreport, arguments.logs)
    if arguments.inventory and any((*recorded, arguments.lab)):
        raise CannotStart("--inventory names hosts to contact; recordings and the lab bring their own")
    recording = _recording(arguments)
    for path in (recording, arguments.inventory, *(arguments.sosreport or ()), *(arguments.logs or ())):
        if path and not path.exists():
            raise CannotStart(f"there is no {path}")
    hosts, timeout_s = tuple(arguments.host), arguments.timeout
    if recording or arguments.sosreport:
        reports = tuple(arguments.sosreport or ())
        return Truth(bundle=recording, sosreports=reports, hosts=hosts, timeout_s=timeout_s)
    if arguments.logs:
        return Truth(logs=tuple(arguments.logs), hosts=hosts, timeout_s=timeout_s)
    if arguments.lab:
        return _lab(hosts, timeout_s)
    return Truth(cloud=arguments.cloud, inventory=arguments.inventory, hosts=hosts, timeout_s=timeout_s)


def _recording(arguments: argparse.Namespace) -> Path | None:
    if arguments.demo is None:
        bundle: Path | None = arguments.bundle
        return bundle
    shipped = Path(str(files("mitate"))) / "demo"
    names = sorted(path.name.removesuffix(".tar.gz") for path in shipped.glob("*.tar.gz"))
    if arguments.demo not in names:
        there = f"there are {', '.join(names)}" if names else "this installation came without recordings"
        raise CannotStart(f"no recording called {arguments.demo} ships with mitate: {there}")
    return shipped / f"{arguments.demo}.tar.gz"


def _lab(hosts: tuple[str, ...], timeout_s: float) -> Truth:
    try:
        desk = Lab.at().desk
        desk.enter_network()
    except LabError as error:
        raise CannotStart(str(error)) from None
    return Truth(
        cloud="lab",
        inventory=desk.inventory,
        hosts=hosts,
        ssh_config=desk.ssh_config,
        clouds_file=desk.clouds_yaml,
        timeout_s=timeout_s,
    )


def looking(arguments: argparse.Namespace, look: Callable[[Progress], Coroutine[Any, Any, T]]) -> T:
    """What a look brings, with a person beside it. Raises CannotStart, with a hint where one helps."""

    async def run() -> T:
        with Progress() as progress:
            return await look(progress)

    try:
        return asyncio.run(run())
    except CannotStart as error:
        raise with_hint(error, arguments) from None


def with_hint(error: CannotStart, arguments: argparse.Namespace) -> CannotStart:
    """The same, with what else could be looked at, where no cloud was named and none is configured."""
    if arguments.inventory or "no cloud is configured" not in str(error):
        return error
    lab = "`--lab` looks at the practice cloud that is up here, " if _lab_is_up() else ""
    return CannotStart(
        f"{error}; {lab}`--demo` {'' if lab else 'looks '}at a recording that ships with mitate"
    )


def _lab_is_up() -> bool:
    if os.geteuid() != 0:
        return False
    try:
        return Lab.at().is_up()
    except (LabError, OSError):
        return False

"""What ``mitate trace`` does: look, walk, probe when asked to, tell."""

from __future__ import annotations

import argparse
import asyncio
import sys
import time

import msgspec

from mitate import app
from mitate.analyze.trace.topology import topology
from mitate.analyze.trace.verdict import Question, Wanted, question
from mitate.cli import _tell
from mitate.cli._truth import looking, truth
from mitate.model.errors import CannotStart
from mitate.model.trace import Path
from mitate.report.path import format_named
from mitate.report.path.words import state

LARGEST = 65535


def tracing(arguments: argparse.Namespace) -> int:
    """Returns the exit status. What can be wrong with the options is said before anything is looked at."""
    wanted = _wanted(arguments)
    if not arguments.topology and not (arguments.source and arguments.destination):
        raise CannotStart("trace needs a SOURCE and a DESTINATION, or --topology; see `mitate trace --help`")
    outlet = _tell.outlet(arguments.format, arguments.output)
    began = time.monotonic()
    where = truth(arguments)
    if arguments.live and (where.bundle or where.sosreports):
        raise CannotStart("--live sends packets, and a recording has nowhere to send them")
    world = looking(arguments, lambda progress: app.look_at_network(where, progress))
    told, status = format_named(outlet.format), 0
    if arguments.source and arguments.destination:
        asked = question(world, arguments.source, arguments.destination, wanted)
        path = asked.answer()
        if arguments.live:
            path = asyncio.run(_live(where, asked, path, arguments.yes))
        path = msgspec.structs.replace(path, took_s=round(time.monotonic() - began, 3))
        whole = arguments.topology
        drawn = topology(world.snapshot) if outlet.format == "html" or whole else None
        _tell.put(outlet, lambda options: told.render(path, options, drawn, whole))
        status = _tell.STATUS[state(path)]
    else:
        _tell.put(outlet, lambda options: told.draw(topology(world.snapshot), options))
    return status


async def _live(where: app.Truth, asked: Question, path: Path, sure: bool) -> Path:
    """Say what will be sent, ask where somebody is there to answer, send it."""
    from mitate.collect.probe.words import describe  # noqa: PLC0415 - only --live needs it
    from mitate.probing import plan_probe, probe  # noqa: PLC0415

    ready = plan_probe(asked, path)
    for line in describe(ready.plan):
        print(line, file=sys.stderr)
    if sys.stdin.isatty() and not sure:
        print("Send it? [y/N] ", end="", file=sys.stderr, flush=True)
        if sys.stdin.readline().strip().lower() not in ("y", "yes"):
            raise CannotStart("nothing was sent")
    return await probe(where, ready)


def _wanted(arguments: argparse.Namespace) -> Wanted:
    """Raises CannotStart for numbers that no packet can have."""
    port = arguments.port or 0
    if arguments.port is not None and not 1 <= port <= LARGEST:
        raise CannotStart(f"--port {port}: a port is a number from 1 to {LARGEST}")
    if arguments.proto == "icmp" and port:
        raise CannotStart("--port goes with --proto tcp or --proto udp")
    if arguments.proto != "icmp" and not port:
        raise CannotStart(f"--proto {arguments.proto} needs --port: which one should answer?")
    sizes: tuple[int, ...] = ()
    if arguments.size != "auto":
        if not arguments.size.isdecimal() or not 28 <= int(arguments.size) <= LARGEST:
            raise CannotStart(f"--size {arguments.size}: give bytes, from 28 to {LARGEST}, or auto")
        sizes = (int(arguments.size),)
    return Wanted(arguments.proto, port, sizes, arguments.source_address)

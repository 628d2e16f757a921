"""``mitate``: from the command line to an exit status.

Each command is a file here that has ``add_parser(subparsers)`` and ``run(arguments) -> status``, found by
path; files that begin with an underscore hold what several have in common. What is slow to import is imported
where it is used, so that ``--help`` is quick.
"""

from __future__ import annotations

import argparse
import importlib
import os
import pkgutil
import sys
from collections.abc import Iterable, Sequence
from typing import NoReturn

from mitate.model.errors import CannotStart, MitateError

EXAMPLE = """\
example:
  mitate check --cloud mycloud             what is wrong, and why
  mitate check --demo                      the same of a recorded broken cloud
  mitate placement big1 --cloud mycloud    why this server gets no host
  mitate explain agent_process_frozen      the manual page of a check
"""

OK, PROBLEM, CANNOT_START, CANNOT_SAY = 0, 1, 2, 3


class Parser(argparse.ArgumentParser):
    """Bad usage is one sentence, like every other trouble."""

    def error(self, message: str) -> NoReturn:
        raise CannotStart(f"{message}; see `{self.prog} --help`")


class _Version(argparse.Action):
    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        from importlib.metadata import version  # noqa: PLC0415 - slow

        print(f"mitate {version('mitate')}")
        parser.exit()


def entry() -> NoReturn:
    """What the installed program runs."""
    sys.exit(main(sys.argv[1:]))


def main(argv: Sequence[str]) -> int:
    """Run a command line; returns the exit status. Nobody sees a traceback but who asks for it."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # a terminal that lacks a letter shows a question mark
    try:
        return _run(argv)
    except MitateError as error:
        return _refuse(argv, str(error))
    except KeyboardInterrupt:
        print("mitate: stopped before anything could be told.", file=sys.stderr)
        return CANNOT_SAY
    except BrokenPipeError:
        _hush()
        return CANNOT_SAY
    except Exception as error:
        if os.environ.get("MITATE_DEBUG"):
            raise
        return _refuse(
            argv,
            f"this is a fault of mitate itself ({type(error).__name__}), not of your cloud: "
            "please report it to the project, with what the same command prints under MITATE_DEBUG=1",
        )


def build_parser(only: Iterable[str] | None = None) -> argparse.ArgumentParser:
    """The parser with all commands, or with those named."""
    parser = Parser(
        prog="mitate",
        description="Finds the root cause of what is broken in an OpenStack cloud, and shows its evidence.",
        epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action=_Version, nargs=0, help="which mitate this is")
    subparsers = parser.add_subparsers(dest="command", metavar="COMMAND", parser_class=Parser)
    for name in _commands() if only is None else only:
        importlib.import_module(f"mitate.cli.{name}").add_parser(subparsers)
    return parser


def _run(argv: Sequence[str]) -> int:
    named = [name for name in _commands() if name == next(iter(argv), None)]
    parser = build_parser(named or None)
    arguments = parser.parse_args(argv)
    if arguments.command is None:
        parser.print_help(sys.stderr)
        return CANNOT_START
    status: int = arguments.run(arguments)
    return status


def _commands() -> list[str]:
    package = importlib.import_module("mitate.cli")
    names = (info.name for info in pkgutil.iter_modules(package.__path__))
    return sorted(name for name in names if name != "main" and not name.startswith("_"))


def _refuse(argv: Sequence[str], why: str) -> int:
    """One sentence. Nagios reads standard output, and takes status 2 for a fault of the cloud."""
    print(f"mitate: {why if why.endswith(('.', '?')) else f'{why}.'}", file=sys.stderr)
    if any(word == "nagios" or word.endswith("=nagios") for word in argv):
        from mitate.report.nagios import STATUS, UNKNOWN, refusal  # noqa: PLC0415 - only needed here

        print(refusal(why), end="")
        return STATUS[UNKNOWN]
    return CANNOT_START


def _hush() -> None:
    """Whoever read along is gone; Python must not stumble over it again when it flushes at the end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())

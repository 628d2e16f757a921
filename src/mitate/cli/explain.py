"""``mitate explain``: the manual page of a check, a reason code or a fault of the practice cloud."""

from __future__ import annotations

import argparse
import difflib
import sys
import textwrap
from collections.abc import Callable, Iterator

import msgspec

from mitate.model.errors import CannotStart

EXAMPLE = """\
example:
  mitate explain                           all there is to read about
  mitate explain agent_process_frozen      a check
  mitate explain timeout                   a reason why something did not answer
"""


class Page(msgspec.Struct, frozen=True):
    """kind: check, reason or fault. text: made when it is read."""

    kind: str
    id: str
    title: str
    text: Callable[[], str]


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    said = "the manual page of a check, a reason or a fault"
    parser = subparsers.add_parser(
        "explain",
        help=said,
        description=f"Shows {said}; without an ID, what there is.",
        epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("id", nargs="?", metavar="ID", help="as reports and lists name it")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    from mitate.cli._tell import show  # noqa: PLC0415 - slow

    pages = list(_pages())
    if arguments.id is None:
        show(_contents(pages))
        return 0
    found = [page for page in pages if page.id == arguments.id]
    if not found:
        near = difflib.get_close_matches(arguments.id, [page.id for page in pages], 3, 0.5)
        said = f"did you mean {' or '.join(near)}?" if near else "`mitate explain` lists all there is"
        raise CannotStart(f"there is no page about {arguments.id!r}; {said}")
    show("\n".join(_emphasised(page) for page in found))
    return 0


def _pages() -> Iterator[Page]:
    from mitate.analyze.check import Check, all_checks  # noqa: PLC0415 - slow
    from mitate.lab.faults import Fault, all_faults  # noqa: PLC0415
    from mitate.model.reasons import REASONS, Reason  # noqa: PLC0415

    def of_check(check: Check) -> Page:
        return Page("check", check.id, check.title, lambda: f"{check.manual}\n\n{_looks(check)}")

    def of_reason(reason: Reason) -> Page:
        where = ", ".join(reason.layer)
        text = f"{reason.says}\n\nWhere it occurs\n    {where}\nWhat proves it\n    {reason.proof}\n"
        text += f"Fix\n    {reason.fix}"
        return Page("reason", reason.code, reason.says, lambda: text)

    def of_fault(fault: Fault) -> Page:
        text = (
            f"{fault.title}.\n\nWhat a person sees\n{textwrap.indent(fault.sees, '    ')}\n"
            f"What mitate finds\n    {fault.expected.check}\n"
            f"To practise\n    mitate lab break {fault.id}\n    mitate lab mend {fault.id}"
        )
        return Page("fault", fault.id, fault.title, lambda: text)

    def _looks(check: Check) -> str:
        needs = ", ".join(kind.__name__ for kind in check.needs)
        helps = ", ".join(kind.__name__ for kind in check.helps)
        also = f"; if there, also {helps}" if helps else ""
        return f"Looks at\n    {needs}{also}\nSeverity\n    {check.severity}"

    yield from map(of_check, all_checks())
    yield from map(of_reason, REASONS)
    yield from map(of_fault, all_faults().values())


def _contents(pages: list[Page]) -> str:
    lines = []
    for kind in dict.fromkeys(page.kind for page in pages):
        lines += ["", {"check": "Checks", "reason": "Reasons", "fault": "Faults to practise on"}[kind]]
        for page in pages:
            if page.kind == kind:
                lines += [f"  {page.id}", textwrap.indent(textwrap.fill(page.title, 74), "      ")]
    return "\n".join(lines[1:]) + "\n"


def _emphasised(page: Page) -> str:
    """The page under its name; headings stand out on a terminal."""
    bold, plain = ("\x1b[1m", "\x1b[0m") if sys.stdout.isatty() else ("", "")
    lines = [f"{page.id} ({page.kind})", ""]
    for line in page.text().splitlines():
        heading = line and not line.startswith(" ") and len(lines) > 3
        lines.append(f"{bold}{line}{plain}" if heading else line)
    return "\n".join(lines) + "\n"

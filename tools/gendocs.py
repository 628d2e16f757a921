"""Writes the pages of docs/ that are taken from the code, so that they cannot lag behind it."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from mitate.analyze.check import HEADINGS, Check, all_checks
from mitate.analyze.placement.filters._filter import Filter, all_filters
from mitate.cli.main import build_parser
from mitate.lab.faults import DRIVERS, Anything, Drifted, Expected, Fault, Logged, Placed, Traced, all_faults
from mitate.lab.topology import SERVERS
from mitate.model.layouts import LAYOUTS
from mitate.model.path_reasons import LAYERS, PATH_REASONS
from mitate.model.reasons import REASONS

DOCS = Path(__file__).parents[1] / "docs"
WRITTEN_BY = "<!-- Written by `./run docs` out of the code: change it there. -->"
AS_TYPED = ("Look again",)
"""Sections that hold what a person types, one command per line."""


def page(title: str, intro: str, body: Iterable[str]) -> str:
    return "\n".join([f"# {title}", "", WRITTEN_BY, "", intro, "", *body]).rstrip() + "\n"


def table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    yield "| " + " | ".join(head) + " |"
    yield "|" + "---|" * len(head)
    for row in rows:
        yield "| " + " | ".join(cell.replace("|", r"\|").replace("\n", " ") for cell in row) + " |"


def sections(manual: str) -> dict[str, str]:
    """A check's docstring by its headings; what stands before the first is under "".

    >>> sections("Bad thing.\\n\\nMore.\\n\\nFix\\n    kill it\\n")
    {'': 'Bad thing.\\n\\nMore.', 'Fix': 'kill it'}
    """
    parts: dict[str, list[str]] = {"": []}
    here = ""
    for line in manual.splitlines():
        if line.strip() in HEADINGS and not line.startswith(" "):
            here = line.strip()
            parts[here] = []
        else:
            parts[here].append(line[4:] if here and line.startswith("    ") else line)
    return {name: "\n".join(lines).strip() for name, lines in parts.items()}


# -- pages --------------------------------------------------------------------------------------------------


def checks_page() -> str:
    """docs/checks.md: the manual of every check."""
    checks = all_checks()
    rows = ((f"[{check.id}](#{check.id})", check.title, str(check.severity)) for check in checks)
    body = [*table(("check", "what it finds", "severity"), rows), ""]
    for check in checks:
        body += one_check(check)
    intro = (
        f"{len(checks)} checks. Each ends in PROBLEM with its evidence, OK, or UNKNOWN with what could not "
        "be seen. A *symptom* says that something fails; another finding may explain it. "
        "`mitate explain ID` shows the same page."
    )
    return page("Checks", intro, body)


def one_check(check: Check) -> Iterator[str]:
    parts = sections(check.manual)
    yield from (f"## {check.id}", "", parts.pop(""), "")
    looks = [kind.__name__ for kind in check.needs]
    helps = [kind.__name__ for kind in check.helps]
    also = f"; if there, also at {', '.join(helps)}" if helps else ""
    kind = ", a symptom" if check.symptom else ""
    yield from (f"*{str(check.severity).capitalize()}{kind}. Looks at {', '.join(looks)}{also}.*", "")
    yield from named(parts)


def named(parts: dict[str, str]) -> Iterator[str]:
    """The sections of a manual, each under its name."""
    for name, text in parts.items():
        if name in AS_TYPED:
            yield from (f"**{name}**", "", "```sh", text, "```", "")
        else:
            yield from (f"**{name}.** {text}", "")


def filters_page() -> str:
    """docs/filters.md: the manual of every filter of Nova's scheduler."""
    filters = all_filters()
    rows = [(f"[{name}](#{name.lower()})", one.manual.split("\n", 1)[0]) for name, one in filters.items()]
    body = [*table(("filter", "what it demands of a host"), rows), ""]
    for one in filters.values():
        body += one_filter(one)
    intro = (
        f"{len(filters)} filters of Nova's scheduler, as [`mitate placement`](placement.md) evaluates them "
        "on what the API and the scheduler's configuration tell. Of a filter that is not here, or that needs "
        "what could not be seen, the answer is UNKNOWN: such a host counts neither as fitting nor as "
        "refused. `mitate explain NAME` shows the same page."
    )
    return page("Filters of Nova's scheduler", intro, body)


def one_filter(one: Filter) -> Iterator[str]:
    parts = sections(one.manual)
    yield from (f"## {one.name}", "", parts.pop(""), "")
    yield from named(parts)


def reasons_page() -> str:
    """docs/reasons.md: why something did not answer, or could not be seen."""
    rows = ((f"`{r.code}`", ", ".join(r.layer), r.says, r.proof, r.fix) for r in REASONS)
    intro = "The closed list of reasons why something did not answer or could not be seen."
    return page(
        "Reasons", intro, table(("code", "where", "what it says", "what proves it", "what to do"), rows)
    )


def path_reasons_page() -> str:
    """docs/path-reasons.md: why a packet does not arrive, by layer."""
    body: list[str] = []
    for layer, said in LAYERS.items():
        rows = [(f"`{r.code}`", r.says, r.proof, r.fix) for r in PATH_REASONS if r.layer == layer]
        body += [f"## {said.capitalize() if said != 'OVN' else said}", ""]
        body += [
            *table(("code", "what it means", "what proves it, and how to look again", "what to do"), rows),
            "",
        ]
    intro = (
        f"The closed list of {len(PATH_REASONS)} reasons why [`mitate trace`](trace.md) says that a packet "
        "does not arrive, or that its way cannot be told. Words in capitals stand for the names at hand: "
        "NS a network namespace, DEV a device, TAP the tap of the port, ADDR an address, UUID an id. "
        "`mitate explain CODE` shows one of them."
    )
    return page("Reasons why a packet does not arrive", intro, body)


def faults_page() -> str:
    """docs/faults.md: what can be broken in the practice cloud."""
    faults = all_faults()
    body = [
        *table(("fault", "what is broken"), ((f"[{n}](#{n})", f.title) for n, f in sorted(faults.items()))),
        "",
    ]
    for name, fault in sorted(faults.items()):
        body += one_fault(name, fault)
    intro = (
        f"{len(faults)} ways to break the practice cloud: `mitate lab break FAULT`, `mitate lab mend`. "
        "The exam breaks, diagnoses and mends each of them."
    )
    return page("Faults to practise on", intro, body)


def one_fault(name: str, fault: Fault) -> Iterator[str]:
    yield from (f"## {name}", "", f"{fault.title}.", "")
    if fault.sees:
        yield from (fault.sees, "")
    for expected in fault.expected:
        yield from (of_expected(expected), "")
    if fault.drivers != DRIVERS:
        yield from (f"With the driver {' or '.join(fault.drivers)} only.", "")


def of_expected(expected: Anything) -> str:
    if isinstance(expected, Traced):
        return of_trace(expected)
    if isinstance(expected, Logged):
        return of_log(expected)
    if isinstance(expected, Drifted):
        return of_drift(expected)
    return of_placement(expected) if isinstance(expected, Placed) else of_check(expected)


def of_check(expected: Expected) -> str:
    where = f" on {expected.host}" if expected.host else ""
    named = f" ({expected.name_has})" if expected.name_has else ""
    return (
        f"First cause in the diagnosis: [{expected.check}](checks.md#{expected.check}), about "
        f"a {expected.kind.replace('_', ' ')}{named}{where}."
    )


def of_trace(traced: Traced) -> str:
    servers = {name: f"ADDRESS-OF-{name.upper()}" for name in SERVERS}
    where = f", on {traced.at}" if traced.at else ""
    return (
        f"First reason of `mitate trace {' '.join(traced.arguments(servers))}`: "
        f"[{traced.code}](path-reasons.md){where}."
    )


def of_log(logged: Logged) -> str:
    code = f", in `{logged.file}`" if logged.file else ""
    says = f", which names {logged.says}" if logged.says else ""
    where = f", logged on {logged.host}" if logged.host else ""
    return f"First group of `mitate logs errors`: a failure of {logged.project}{code}{says}{where}."


def of_drift(drifted: Drifted) -> str:
    beside = " HEALTHY" if drifted.beside_healthy else ""
    where = f" `{drifted.file}` of" if drifted.file else ""
    return f"First difference of `mitate drift{beside}`: {drifted.what}, in{where} {drifted.host}."


def of_placement(placed: Placed) -> str:
    command = f"`mitate placement {' '.join(placed.request)}`"
    if placed.first_cause:
        return f"First cause of {command}: [{placed.first_cause}](checks.md#{placed.first_cause})."
    known = placed.by in all_filters()
    by = f"[{placed.by}](filters.md#{placed.by.lower()})" if known else f"`{placed.by}`"
    who = f", refused by {by}{f' on {placed.at}' if placed.at else ''}" if placed.by else ""
    return f"What {command} says: stage `{placed.stage}`{who}."


def layouts_page() -> str:
    """docs/layouts.md: how each kind of deployment calls things."""
    rows = (
        (
            layout.name,
            code(layout.unit_of("nova-compute")),
            code(layout.container_of("nova-compute")),
            code(*layout.directories("nova-compute", layout.config)),
            code(*layout.directories("nova-compute", layout.logs)) or "journal or container log",
            code(layout.restart_of("nova-compute")),
        )
        for layout in LAYOUTS
    )
    intro = (
        "How each kind of deployment calls things, shown on nova-compute.\n\n"
        "**Debian is proven**: the practice cloud is one, and every fault is diagnosed there. **The others "
        "are written from their projects' own repositories** and tested with fixtures; nobody has yet "
        "run them against such a cloud.\n\n"
        "Processes are found first, by what runs; their configuration is read where their command line says. "
        "A host of no known kind is UNKNOWN, never OK."
    )
    head = ("deployment", "unit", "container", "configuration", "logs", "restart")
    return page("Deployments", intro, table(head, rows))


def code(*words: str) -> str:
    return ", ".join(f"`{word}`" for word in words if word)


def commands_page() -> str:
    """docs/commands.md: every command with every flag."""
    body: list[str] = []
    for parser, said in commands(build_parser(), ""):
        body += [f"## {parser.prog}", "", *one_command(parser, said)]
    return page("Commands", "Every command and every flag. `--help` says the same.", body)


def commands(parser: argparse.ArgumentParser, said: str) -> Iterator[tuple[argparse.ArgumentParser, str]]:
    """(parser, its line in the list of commands): the program, then every command and verb below it."""
    yield parser, parser.description or said
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            lines = {below.dest: below.help or "" for below in action._choices_actions}
            for name, below in action.choices.items():
                yield from commands(below, lines.get(name, ""))


def one_command(parser: argparse.ArgumentParser, said: str) -> Iterator[str]:
    """Written here and not by format_help(), whose words differ between versions of Python."""
    if said:
        yield from (f"{said[0].upper()}{said[1:].rstrip('.')}.", "")
    rows = [(f"`{spelled(action)}`", helps(parser, action)) for action in parser._actions if shown(action)]
    if rows:
        yield from table(("argument", "what it does"), rows)
        yield ""
    if parser.epilog:
        yield from ("```", parser.epilog.strip("\n"), "```", "")


def shown(action: argparse.Action) -> bool:
    hidden = (argparse._HelpAction, argparse._SubParsersAction)
    return not isinstance(action, hidden) and action.help != argparse.SUPPRESS


def spelled(action: argparse.Action) -> str:
    """How it is typed: ``--host PATTERN ...``, ``[FAULT]``, ``--quiet``."""
    choices = ", ".join(map(str, action.choices)) if action.choices else ""
    value = action.metavar if isinstance(action.metavar, str) else choices or action.dest.upper()
    many = {0: "", "?": "[{}]", "*": "[{} ...]", "...": "[{} ...]", "+": "{} ..."}
    value = value if action.nargs is None else many.get(action.nargs, "{}").format(value)
    return " ".join(filter(None, (", ".join(action.option_strings), value)))


def helps(parser: argparse.ArgumentParser, action: argparse.Action) -> str:
    return argparse.HelpFormatter(parser.prog)._expand_help(action) if action.help else ""


PAGES: dict[str, Callable[[], str]] = {
    "checks.md": checks_page,
    "commands.md": commands_page,
    "faults.md": faults_page,
    "filters.md": filters_page,
    "layouts.md": layouts_page,
    "path-reasons.md": path_reasons_page,
    "reasons.md": reasons_page,
}


def stale(docs: Path) -> list[str]:
    """Names of the pages that are not what the code says."""
    return [
        name
        for name, write in PAGES.items()
        if not (docs / name).exists() or (docs / name).read_text() != write()
    ]


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--check", action="store_true", help="write nothing; exit status 1 when one is stale")
    parser.add_argument("docs", type=Path, nargs="?", default=DOCS, metavar="DIR", help="instead of docs/")
    arguments = parser.parse_args()
    names = stale(arguments.docs)
    for name in names:
        if arguments.check:
            print(f"{name} is not what the code says: run ./run docs", file=sys.stderr)
        else:
            (arguments.docs / name).write_text(PAGES[name]())
            print(f"{name} is new")
    return 1 if arguments.check and names else 0


if __name__ == "__main__":
    sys.exit(main())

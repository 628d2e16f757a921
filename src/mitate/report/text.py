"""The diagnosis for a person at a terminal: causes first, each with its proof and what to do next."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import Console
from rich.text import Text

from mitate.model.diagnosis import Cause, Diagnosis, Evidence, Finding, Remediation, Severity, State
from mitate.report import DEFAULTS, Options
from mitate.report.digest import lines
from mitate.report.digest.groups import kin, speechless, unseen
from mitate.report.digest.lines import hang, wrapped
from mitate.report.digest.verdict import MARK, aside, cost, headline, tally, verdict
from mitate.report.digest.words import clean, clean_lines, count, lasting, listing, moment, place

GUTTER = 14
"""Columns that the labels take."""
EVIDENCE = 4
"""Pieces of evidence shown of a finding; the other formats have all."""
LINES = 3
"""Rows shown of one piece of evidence."""
CAUSES = 30
"""Causes told in full."""
GROUPS = 12
"""Groups shown of what a cause explains, and of what could not be seen."""

_SEVERITY = {Severity.CRITICAL: "bold red", Severity.WARNING: "bold yellow", Severity.INFO: "bold blue"}
_STATE = {State.OK: "bold green", State.PROBLEM: "bold", State.UNKNOWN: "bold yellow"}


def render(diagnosis: Diagnosis, options: Options = DEFAULTS) -> str:
    """Lines of at most ``options.width`` columns; only commands are never broken, for copying."""
    page = lines.page(options)
    write(page, diagnosis, options)
    return lines.printed(page)


def write(page: Console, diagnosis: Diagnosis, options: Options) -> None:
    """Print the diagnosis on a console."""
    for line in _lines(page, diagnosis, options):
        page.print(line, soft_wrap=True)


def _lines(page: Console, diagnosis: Diagnosis, options: Options) -> Iterator[Text]:
    state = verdict(diagnosis, options.fail_on)
    quiet = state is State.OK and not diagnosis.causes
    yield Text.assemble(
        "cloud ", (clean(diagnosis.cloud, 60), "bold"), (f"  {moment(diagnosis.taken_at)}", "dim")
    )
    if not quiet:
        yield Text()
    said = Text.assemble(
        (f"{MARK[state]} ", _STATE[state]), (headline(diagnosis, options.fail_on), _STATE[state])
    )
    yield from wrapped(page, said, options.width)
    for cause in diagnosis.causes[:CAUSES]:
        yield Text()
        yield from _cause(page, cause, diagnosis)
    if len(diagnosis.causes) > CAUSES:
        yield Text(f"\n … {count(len(diagnosis.causes) - CAUSES, 'more cause')} (--format html)")
    if state is State.UNKNOWN or (diagnosis.gaps and not quiet):
        yield Text()
        yield from _unseen(page, diagnosis)
    if not quiet:
        yield Text()
    gaps = f"; {count(len(diagnosis.gaps), 'gap')} that no check needed" if quiet and diagnosis.gaps else ""
    yield from wrapped(page, Text(f"{tally(diagnosis)}{gaps}; {cost(diagnosis)}", "dim"), options.width)
    if beside := aside(diagnosis):
        yield from wrapped(page, Text(beside, "dim"), options.width)


def _cause(page: Console, cause: Cause, diagnosis: Diagnosis) -> Iterator[Text]:
    finding = cause.finding
    severity = finding.severity
    lead = Text.assemble(
        (f"{cause.rank:>2}  ", "bold"), (f"{severity.upper():<{GUTTER - 4}}", _SEVERITY[severity])
    )
    note = severity is Severity.INFO
    yield from hang(page, lead, Text(clean(finding.says, 600), "" if note else "bold"))
    if note:  # calmly: whoever wants its proof finds it in the other formats
        yield from _read(page, finding)
        return
    if finding.since:
        began = lasting(finding.since, diagnosis.taken_at)
        said = moment(finding.since, diagnosis.taken_at) + (f", {began} before this look" if began else "")
        yield from hang(page, _label("since"), Text(said))
    yield from hang(
        page, _label("why first" if cause.rank == 1 else "why here"), Text(clean(cause.why_first, 600))
    )
    yield from _labelled("seen", _evidence(page, finding, diagnosis))
    if cause.explains:
        yield from _labelled("explains", _explained(page, cause.explains))
    if cause.remediation:
        yield from _labelled("do next", _next(cause.remediation))
    yield from _read(page, finding)


def _read(page: Console, finding: Finding) -> Iterator[Text]:
    yield from hang(page, _label("read"), Text(f"mitate explain {clean(finding.check, 60)}", "green"))


def _evidence(page: Console, finding: Finding, diagnosis: Diagnosis) -> Iterator[Text]:
    room = page.width - GUTTER
    for evidence in finding.evidence[:EVIDENCE]:
        yield from wrapped(page, _asked(evidence, diagnosis), room)
        rows = [row for line in clean_lines(evidence.excerpt) for row in wrapped(page, Text(line), room - 2)]
        for row in rows[:LINES]:
            yield Text.assemble("  ", row)
        if len(rows) > LINES:
            yield Text(f"  … {count(len(rows) - LINES, 'more line')}", "dim")
    if len(finding.evidence) > EVIDENCE:
        yield Text(
            f"… {count(len(finding.evidence) - EVIDENCE, 'more piece')} of evidence (--format html)", "dim"
        )


def _asked(evidence: Evidence, diagnosis: Diagnosis) -> Text:
    return Text.assemble(
        (clean(place(evidence.host), 60), "cyan"),
        (f"  {moment(evidence.at, diagnosis.taken_at)}  ", "dim"),
        (clean(evidence.asked, 140), "cyan"),
    )


def _explained(page: Console, findings: Sequence[Finding]) -> Iterator[Text]:
    groups = kin(findings)
    for group in groups[:GROUPS]:
        number = Text(f"{len(group.findings):>3} × ")
        yield from hang(
            page, number, Text.assemble((group.check, "bold"), f"  {listing(group.names)}"), GUTTER
        )
    if len(groups) > GROUPS:
        rest = sum(len(group.findings) for group in groups[GROUPS:])
        yield Text(
            f"    … {count(rest, 'more finding')} of {count(len(groups) - GROUPS, 'other check')}", "dim"
        )


def _next(todo: Remediation) -> Iterator[Text]:
    if todo.summary and todo.summary not in todo.commands:
        yield Text(clean(todo.summary, 300))
    for command in todo.commands:
        for line in clean_lines(command):
            yield Text(line, "green")


def _unseen(page: Console, diagnosis: Diagnosis) -> Iterator[Text]:
    yield Text("Could not be seen", "bold yellow")
    groups = unseen(diagnosis)
    for group in groups[:GROUPS]:
        what = listing(group.what) if len(group.what) <= 4 else f"{listing(group.what, 2)}"
        line = Text.assemble(
            (listing([place(p) for p in group.where], 4), "cyan"), f": {what}: {clean(group.why)}"
        )
        yield from hang(page, Text("    "), line)
    if len(groups) > GROUPS:
        yield Text(f"    … and {count(len(groups) - GROUPS, 'more place')}", "dim")
    if silent := speechless(diagnosis):
        said = f"{count(len(silent), 'check')} could not say: {listing(silent, 6)}"
        yield from hang(page, Text("    "), Text(said, "dim"))


def _label(name: str) -> Text:
    return Text(f"    {name:<{GUTTER - 4}}", "dim")


def _labelled(name: str, lines: Iterator[Text]) -> Iterator[Text]:
    """The label stands before the first line; the others hang under it."""
    lead = _label(name)
    for line in lines:
        yield Text.assemble(lead, line)
        lead = Text(" " * GUTTER)

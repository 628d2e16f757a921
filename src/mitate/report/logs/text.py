"""What logs say went wrong, for a person at a terminal: the answer, its proof, and what did no harm."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import Console
from rich.text import Text

from mitate.model.diagnosis import State
from mitate.model.log_answer import Answer, Group, Kind, Outcome
from mitate.report import DEFAULTS, Options
from mitate.report.digest import lines
from mitate.report.digest.lines import hang, wrapped
from mitate.report.digest.verdict import MARK
from mitate.report.digest.words import clean, clean_lines, count, listing
from mitate.report.logs.words import REST, at, failed, headline, often, read, source, state, when, where

ROOTS, ECHOES, REQUESTS, OTHERS = 5, 4, 3, 6
EXAMPLE, CONTEXT = 7, 3
"""Lines of an example, its last ones among them, and lines of its process before and after it."""
GUTTER = 11
_STATE = {State.OK: "bold green", State.PROBLEM: "bold red", State.UNKNOWN: "bold yellow"}


def render(answer: Answer, options: Options = DEFAULTS) -> str:
    page = lines.page(options)
    for line in _lines(page, answer):
        page.print(line, soft_wrap=True)
    return lines.printed(page)


def _lines(page: Console, answer: Answer) -> Iterator[Text]:
    told = state(answer)
    yield from hang(page, Text(f"{MARK[told]} ", _STATE[told]), Text(headline(answer), _STATE[told]))
    roots = failed(answer.groups)
    for root, echoes in roots[:ROOTS]:
        yield Text()
        yield from _root(page, root, echoes, brief=root is not roots[0][0])
    if len(roots) > ROOTS:
        yield Text()
        yield Text(f"… and {count(len(roots) - ROOTS, 'more group')} (--format json, html)", "dim")
    yield from _compared(page, answer)
    for outcome, title in REST.items():
        yield from _rest(page, title, [group for group in answer.groups if group.outcome is outcome])
    yield Text()
    yield from wrapped(page, Text(read(answer), "dim"), page.width)


def _root(page: Console, group: Group, echoes: Sequence[Group], *, brief: bool) -> Iterator[Text]:
    who = Text.assemble(
        (f"{group.rank}  ", "bold"),
        (clean(group.service or group.project or "?", 60), "bold cyan"),
        f" on {where(group)}" if group.hosts else "",
        (f"  {often(group)}", "bold" if group.new or group.surge else ""),
        (f"  {when(group)}", "dim"),
    )
    yield from hang(page, Text(), who)
    yield from hang(page, Text("   "), Text(clean(group.template, 300), "bold"))
    if code := source(group):
        yield from hang(page, _label("code"), Text(code, "yellow"))
    if group.why:
        yield from hang(page, _label("why"), Text(clean(group.why, 300)))
    near = [each for each in echoes if each.kind is Kind.CLUE]
    echoes = [each for each in echoes if each.kind is not Kind.CLUE]
    for each in near:
        yield from hang(
            page, _label("near"), Text.assemble((source(each), "yellow"), f"  {clean(each.why, 200)}")
        )
    if group.request_ids:
        shown = listing(list(group.request_ids), 1 if brief else REQUESTS)
        yield from hang(page, _label("request"), Text(shown))
    if not brief:
        yield from _example(page, group)
    for echo in echoes[:ECHOES]:
        said = Text.assemble(
            (clean(echo.service or echo.project or "?", 60), "cyan"),
            f"  {clean(echo.template, 160)}",
            (f"  {often(echo)}", "dim"),
        )
        yield from hang(page, _label("echo"), said)
    if len(echoes) > ECHOES:
        yield Text(f"{' ' * GUTTER}… {count(len(echoes) - ECHOES, 'more echo', 'more echoes')}", "dim")


def _example(page: Console, group: Group) -> Iterator[Text]:
    lead = _label("before")
    for line in group.context[-CONTEXT:]:
        yield from _row(page, lead, line, "dim")
        lead = Text(" " * GUTTER)
    shown = [line for line in clean_lines("\n".join(group.example)) if line.strip("^~ ")]
    if len(shown) > EXAMPLE:
        left_out = len(shown) - EXAMPLE
        shown = [shown[0], f"… {count(left_out, 'line')}", *shown[1 - EXAMPLE :]]
    lead = _label("example")
    for line in shown:
        yield from _row(page, lead, line, "")
        lead = Text(" " * GUTTER)
    lead = _label("after")
    for line in group.context_after[:CONTEXT]:
        yield from _row(page, lead, line, "dim")
        lead = Text(" " * GUTTER)


def _row(page: Console, lead: Text, line: str, style: str) -> Iterator[Text]:
    """One row, cut: a line of a log is long."""
    body = Text(clean(line, 2000) if not line.startswith(" ") else clean_lines(line)[0], style)
    body.truncate(max(20, page.width - GUTTER), overflow="ellipsis")
    yield Text.assemble(lead, body)


def _compared(page: Console, answer: Answer) -> Iterator[Text]:
    rows: list[Text] = []
    for slow in answer.slower[:OTHERS]:
        said = f"{clean(slow.what, 200)}: {slow.now_s:.1f} s, in the baseline at most {slow.baseline_s:.1f} s"
        rows.append(Text.assemble("slower   ", (clean(slow.service, 60), "cyan"), f"  {said}"))
    for lack in answer.missing[:OTHERS]:
        rows.append(
            Text.assemble("missing  ", (clean(lack.service, 60), "cyan"), f"  {clean(lack.template, 160)}")
        )
    for quiet in answer.silent[:OTHERS]:
        since = f" since {at(quiet.last):%H:%M:%S}" if quiet.last is not None else ""
        rows.append(
            Text.assemble(
                "silent   ", (clean(quiet.service, 60), "cyan"), f" on {clean(quiet.host, 60)}{since}"
            )
        )
    if rows:
        yield Text()
        yield Text("Against the baseline", "bold")
    for row in rows:
        yield from hang(page, Text("  "), row)


def _rest(page: Console, title: str, groups: Sequence[Group]) -> Iterator[Text]:
    if not groups:
        return
    yield Text()
    yield Text(f"{title}: {count(len(groups), 'group')}", "bold dim")
    for group in groups[:OTHERS]:
        who = clean(group.service or group.project or "?", 40)
        said = f"{often(group)}  {who}  {clean(group.template, 110)}"
        why = f"  ({clean(group.why, 100)})" if group.why and group.outcome is not Outcome.USUAL else ""
        row = Text(said + why, "dim")
        row.truncate(page.width - 2, overflow="ellipsis")
        yield Text.assemble("  ", row)
    if len(groups) > OTHERS:
        yield Text(f"  … {len(groups) - OTHERS:,} more", "dim")


def _label(name: str) -> Text:
    return Text(f"   {name:<{GUTTER - 3}}", "dim")

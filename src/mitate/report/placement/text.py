"""Why a request gets a host or none, for a person at a terminal: the answer, its proof, what to do."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import repeat

from rich.cells import set_cell_size
from rich.console import Console
from rich.text import Text

from mitate.model.diagnosis import Evidence, State
from mitate.model.placement import Change, Explanation
from mitate.report import DEFAULTS, Options
from mitate.report.digest import lines
from mitate.report.digest.lines import hang, wrapped
from mitate.report.digest.verdict import MARK
from mitate.report.digest.words import clean, clean_lines, count, listing, moment, place
from mitate.report.placement.groups import (
    Alike,
    Refusers,
    accepted,
    assumed,
    named,
    refusers,
    span,
    undecided,
    unseen,
)
from mitate.report.placement.table import resources
from mitate.report.placement.waterfall import STYLE, picture
from mitate.report.placement.words import (
    LONGEST,
    MEANS,
    STATE,
    SURE,
    amount,
    filter_at_fault,
    headline,
    largest,
    request,
    room,
    subject,
    then,
    together,
)

GUTTER = 14
"""Columns that the labels take."""
EVIDENCE, LINES = 4, 3
"""Pieces of evidence shown, and rows of each; the other formats have all."""
SETS = 4
"""Minimal unsatisfiable sets shown."""
GROUPS, ROWS, ROWS_EACH = 10, 16, 2
"""Refusing constraints and filters shown, rows for hosts in all, and rows for those that say the same."""
COLUMN = 28
"""Columns for the names of hosts."""
CHANGES = 6
ROOMS = 6
LEFT_OVER = 8
"""Assumptions and gaps shown."""

_STATE = {State.OK: "bold green", State.PROBLEM: "bold red", State.UNKNOWN: "bold yellow"}


def render(explanation: Explanation, options: Options = DEFAULTS) -> str:
    """Lines of at most ``options.width`` columns; only commands are never broken, for copying."""
    page = lines.page(options)
    for line in _lines(page, explanation):
        page.print(line, soft_wrap=True)
    return lines.printed(page)


def _lines(page: Console, told: Explanation) -> Iterator[Text]:
    yield Text.assemble("cloud ", (clean(told.cloud, 60), "bold"), (f"  {moment(told.taken_at)}", "dim"))
    yield from wrapped(page, Text(f"{subject(told.wanted)}: {request(told.wanted)}"), page.width)
    yield Text()
    yield from _answer(page, told)
    for title, body in (
        ("The first cause", _cause(page, told)),
        ("Hosts left after each stage", picture(page, told.waterfall)),
        ("Host by host", _hosts(page, told)),
        ("The smallest changes that would give a host", _changes(page, told)),
        ("The hosts nearest to fitting", resources(page, told.usages)),
        ("What fits now", _rooms(page, told)),
        ("Assumed", _clauses(page, assumed(told))),
        ("Could not be seen", _clauses(page, unseen(told))),
    ):
        first = next(body, None)
        if first is not None:
            yield from (Text(), *wrapped(page, Text(title, "bold"), page.width), first)
            yield from body
    yield Text()
    yield Text(f"{told.took_s:.1f} s, {count(told.api_requests, 'API request')}", "dim")


# -- the answer ---------------------------------------------------------------------------------------------


def _answer(page: Console, told: Explanation) -> Iterator[Text]:
    state = STATE[told.verdict]
    yield from hang(page, Text(f"{MARK[state]} ", _STATE[state]), Text(headline(told), _STATE[state]))
    if told.stage is not None:
        said = Text.assemble((told.stage.value, f"bold {STYLE[told.stage]}"), f"  {MEANS[told.stage]}")
        yield from hang(page, _label("stage"), said)
    for number, each in enumerate(told.unsatisfiable[:SETS]):
        yield from hang(page, _label("and" if number else "unmet"), Text(together(each), "bold"))
    if len(told.unsatisfiable) > SETS:
        yield Text(f"    … {count(len(told.unsatisfiable) - SETS, 'more such set')} (--format json)", "dim")
    yield from _evidence(page, told.evidence, told)
    if name := filter_at_fault(told):
        yield from hang(page, _label("read"), Text(f"mitate explain {clean(name, 60)}", "green"))


def _cause(page: Console, told: Explanation) -> Iterator[Text]:
    finding = told.first_cause
    if finding is None:
        return
    yield from hang(page, Text("  "), Text(clean(finding.says, 600), "bold red"))
    if finding.since:
        yield from hang(page, _label("since"), Text(moment(finding.since, told.taken_at)))
    yield from _evidence(page, finding.evidence, told)
    commands = (line for command in finding.fix for line in clean_lines(command, limit=LONGEST))
    for lead, command in zip(_labels("do next"), commands, strict=False):
        yield Text.assemble(lead, (command, "green"))
    yield from hang(page, _label("read"), Text(f"mitate explain {clean(finding.check, 60)}", "green"))


def _evidence(page: Console, pieces: tuple[Evidence, ...], told: Explanation) -> Iterator[Text]:
    width = page.width - GUTTER
    for lead, piece in zip(_labels("seen"), pieces[:EVIDENCE], strict=False):
        asked = Text.assemble(
            (clean(place(piece.host), 60), "cyan"),
            (f"  {moment(piece.at, told.taken_at)}  ", "dim"),
            (clean(piece.asked, 140), "cyan"),
        )
        yield from hang(page, lead, asked)
        rows = [row for line in clean_lines(piece.excerpt) for row in wrapped(page, Text(line), width - 2)]
        for row in rows[:LINES]:
            yield Text.assemble(" " * (GUTTER + 2), row)
        if len(rows) > LINES:
            yield Text(f"{' ' * (GUTTER + 2)}… {count(len(rows) - LINES, 'more line')}", "dim")
    if len(pieces) > EVIDENCE:
        more = count(len(pieces) - EVIDENCE, "more piece")
        yield Text(f"{' ' * GUTTER}… {more} of evidence (--format html)", "dim")


# -- host by host -------------------------------------------------------------------------------------------


def _hosts(page: Console, told: Explanation) -> Iterator[Text]:
    taking, groups, doubtful = accepted(told), refusers(told), undecided(told)
    if taking:
        said = Text.assemble((f"{count(len(taking), 'host takes', 'hosts take')} it: "), listing(taking, 6))
        yield from hang(page, Text(f"  {MARK[State.OK]} ", _STATE[State.OK]), said)
    share = max(1, ROWS // (2 * max(1, min(len(groups), GROUPS))))
    for each in groups[:GROUPS]:
        yield from _refusers(page, each, share)
    if len(groups) > GROUPS:
        hosts = sum(each.hosts for each in groups[GROUPS:])
        yield Text(f"    … {count(hosts, 'more host')} for other reasons (--format json)", "dim")
    for one in doubtful[:3]:
        said = Text(f"{listing(one.hosts, 3)}: {clean(one.answer.unknown)}")
        yield from hang(page, Text(f"  {MARK[State.UNKNOWN]} ", _STATE[State.UNKNOWN]), said)
    if len(doubtful) > 3:
        hosts = sum(len(one.hosts) for one in doubtful[3:])
        yield Text(f"    … {count(hosts, 'more host')} of which it cannot be told", "dim")


def _refusers(page: Console, group: Refusers, share: int) -> Iterator[Text]:
    """What was wanted and what there is instead; then the nearest hosts, and the others in one line."""
    has = span(group.alike)
    wanted = f"  wanted {group.wanted}" if group.wanted else ""
    who = Text.assemble(
        (clean(group.by, 60), f"bold {STYLE[group.stage]}"),
        f"  {count(group.hosts, 'host says', 'hosts say')} no{wanted}",
        f"{',' if wanted else ' '} available {has}" if has else "",
    )
    yield from hang(page, Text(f"  {MARK[State.PROBLEM]} ", _STATE[State.PROBLEM]), who)
    shown = group.alike[:share]
    most = min(COLUMN, page.width // 3)
    names = [named(each.hosts, most) for each in shown]
    column = max(map(len, names))
    for name, each in zip(names, shown, strict=True):
        yield from _alike(page, name, column, each)
    rest = group.alike[share:]
    if rest:
        hosts = sum(len(each.hosts) for each in rest)
        instead = f"available {span(rest)}" if span(rest) else clean(rest[0].says, 120)
        yield from hang(page, Text("    "), Text(f"and {hosts:,} more said: {instead}", "dim"))


def _alike(page: Console, name: str, column: int, each: Alike) -> Iterator[Text]:
    answer = each.answer
    instead = [f"wanted {amount(answer.wanted)}"] if answer.wanted is not None else []
    instead += [f"available {amount(answer.available)}"] if answer.available is not None else []
    said = Text(clean(each.says, 160) or ", ".join(instead))
    if each.more:
        said.append(f"; beyond that {clean(each.more, 100)}", "dim")
    lead = Text.assemble("    ", (set_cell_size(name, column), "cyan"), "  ")
    rows = list(hang(page, lead, said))
    if len(rows) > ROWS_EACH:
        rows[ROWS_EACH - 1].truncate(page.width - 2)
        rows[ROWS_EACH - 1].append(" …", "dim")
    yield from rows[:ROWS_EACH]


# -- what to do ---------------------------------------------------------------------------------------------


def _changes(page: Console, told: Explanation) -> Iterator[Text]:
    for number, change in enumerate(told.smallest_changes[:CHANGES], 1):
        yield from hang(page, Text(f"{number:>3}  ", "bold"), Text(clean(change.change, 300), "bold"))
        yield from _change(page, change)
    if len(told.smallest_changes) > CHANGES:
        yield Text(f"     … {len(told.smallest_changes) - CHANGES:,} more (--format json)", "dim")


def _change(page: Console, change: Change) -> Iterator[Text]:
    indent = Text(" " * 5)
    if said := then(change):
        sure = SURE.get(change.confidence, "")
        yield from hang(page, indent, Text.assemble((said, "green"), (f"  ({sure})" if sure else "", "dim")))
    if change.risk:
        yield from hang(page, Text.assemble(indent, ("risk  ", "yellow")), Text(clean(change.risk, 300)))
    for command in change.commands:
        for line in clean_lines(command, limit=LONGEST):
            yield Text.assemble(indent, (line, "green"))


def _rooms(page: Console, told: Explanation) -> Iterator[Text]:
    best = largest(told)
    if best is not None:
        yield from hang(page, Text("  "), Text(f"the largest flavour that fits: {room(best)}"))
    for each in told.rooms[:ROOMS]:
        if each != best:
            yield from hang(page, Text("  "), Text(room(each)))
    if len(told.rooms) > ROOMS:
        yield Text(f"  … {count(len(told.rooms) - ROOMS, 'more flavour')} (--format json)", "dim")


# -- small --------------------------------------------------------------------------------------------------


def _clauses(page: Console, clauses: tuple[str, ...]) -> Iterator[Text]:
    for words in clauses[:LEFT_OVER]:
        yield from hang(page, Text("    "), Text(clean(words)))
    if len(clauses) > LEFT_OVER:
        yield Text(f"    … and {len(clauses) - LEFT_OVER:,} more (--format json)", "dim")


def _label(name: str) -> Text:
    return Text(f"    {name:<{GUTTER - 4}}", "dim")


def _labels(name: str) -> Iterator[Text]:
    """What stands before each line of a list: the label first, then its room."""
    yield _label(name)
    yield from repeat(_label(""))

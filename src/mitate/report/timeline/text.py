"""The life of a server or request, for a person at a terminal: how it came out, what failed, then all."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from rich.cells import set_cell_size
from rich.console import Console
from rich.text import Text

from mitate.model.diagnosis import State
from mitate.model.timeline import Entry, RequestSeen, Timeline
from mitate.report import DEFAULTS, Options
from mitate.report.digest import lines
from mitate.report.digest.lines import hang, wrapped
from mitate.report.digest.verdict import MARK
from mitate.report.digest.words import clean, count, listing, moment
from mitate.report.timeline.words import (
    STATE,
    Row,
    asked,
    asked_words,
    children,
    clock_time,
    clock_words,
    day,
    main_requests,
    rows,
    says,
    seconds,
    service_of,
    short_ids,
    silence_words,
    subject,
    unseen,
    who,
)

ROWS = 400
"""Rows of the story shown; the other formats have all."""
EACH, EACH_TROUBLE = 2, 8
"""Lines of a row, and of one that tells of trouble."""
CHILDREN, ASKED, ROUTINE, CLAUSES = 8, 30, 8, 20
_STATE = {State.OK: "bold green", State.PROBLEM: "bold red", State.UNKNOWN: "bold yellow"}


def render(told: Timeline, options: Options = DEFAULTS) -> str:
    """Lines of at most ``options.width`` columns."""
    page = lines.page(options)
    for line in _lines(page, told):
        page.print(line, soft_wrap=True)
    return lines.printed(page)


def _lines(page: Console, told: Timeline) -> Iterator[Text]:
    head = Text.assemble("cloud ", (clean(told.cloud, 60), "bold"), (f"  {moment(told.taken_at)}", "dim"))
    yield from wrapped(page, head, page.width)
    yield from wrapped(page, Text(subject(told)), page.width)
    yield Text()
    state = STATE[told.outcome]
    said = Text(clean(told.says, 600), _STATE[state])
    yield from hang(page, Text(f"{MARK[state]} ", _STATE[state]), said)
    for title, body in (
        ("The first error", _first(page, told)),
        ("Requests", _requests(page, told)),
        (_title(told), _story(page, told)),
        ("Who asked whom", _asked(page, told)),
        ("Clocks", _clauses(page, clock_words(told.clocks))),
        ("Again and again, and no part of it", _routine(page, told)),
        ("Could not be seen", _clauses(page, unseen(told))),
    ):
        first = next(body, None)
        if first is not None:
            yield from (Text(), *wrapped(page, Text(title, "bold"), page.width), first)
            yield from body
    yield Text()
    read = f"{told.bytes_read / 1e6:,.1f} MB of logs read" if told.bytes_read else ""
    asked_api = count(told.api_requests, "API request") if told.api_requests else ""
    yield Text(", ".join(filter(None, (f"{told.took_s:.1f} s", asked_api, read))), "dim")


def _first(page: Console, told: Timeline) -> Iterator[Text]:
    if told.first_error is None:
        return
    entry = told.entries[told.first_error]
    where = Text.assemble(
        (clock_time(entry.at, entry.exact), ""),
        ("  ", ""),
        (clean(who((service_of(entry), entry.host)), 100), "cyan"),
        (f"  {seconds(max(0.0, entry.at - told.entries[0].at))} after the beginning", "dim"),
    )
    yield from hang(page, Text("  "), where)
    yield from hang(page, Text("  "), Text(says(entry), "bold red"))
    for label, value in (
        ("request", entry.request),
        ("on behalf of", entry.global_request),
        ("code", entry.origin),
        ("was asking", entry.asking),
        ("seen in", entry.source),
    ):
        if value:
            yield from hang(page, Text(f"  {label:<12}  ", "dim"), Text(clean(value, 200)))


def _requests(page: Console, told: Timeline) -> Iterator[Text]:
    every = main_requests(told)
    shown = [each for each in every if each.action or each.id == told.id] or every[:1]
    for each in shown:
        name = each.action or _short_why(each)
        result = {"Error": ("Error", "bold red"), "Success": ("Success", "green")}.get(each.result, ("", ""))
        took = seconds(each.ended - each.began) if each.began is not None and each.ended is not None else ""
        head = Text.assemble(
            (f"{clean(name, 60)}  ", "bold"),
            each.id,
            (f"  {clock_time(each.began)}" if each.began is not None else "", "dim"),
            (f"  {took}  ", "dim"),
            result,
        )
        yield from hang(page, Text("  "), head)
        made = children(told, each)
        lines_said = (
            f"{count(each.lines, 'line')} of {clean(', '.join(each.services), 300)}"
            if each.lines
            else "no line of it was found"
        )
        more = f"; {count(made, 'request')} made on its behalf" if made else ""
        yield from hang(page, Text("    "), Text(f"{lines_said}{more}", "dim"))
    if rest := len(every) - len(shown):
        said = f"… and {count(rest, 'more request')} that the lines led to (--format json has them)"
        yield from hang(page, Text("  "), Text(said, "dim"))


def _short_why(each: RequestSeen) -> str:
    return each.why.partition(": ")[2] or each.why or "request"


def _title(told: Timeline) -> str:
    moved = [clean(clock.host, 60) for clock in told.clocks if clock.corrected_s]
    when = f"{day(told.entries[0].at)}, UTC" if told.entries else ""
    return f"What happened ({when}{f'; clocks of {listing(moved)} corrected' if moved else ''})"


def _story(page: Console, told: Timeline) -> Iterator[Text]:
    shown = rows(told)
    names = [clean(_at(row.entry), 40) for row in shown]
    width = min(max(map(len, names), default=0), 34, page.width // 3, max(0, page.width - 40))
    for row, name in zip(shown[:ROWS], names, strict=False):
        yield from _row(page, told, row, name, width)
    if len(shown) > ROWS:
        yield Text(f"  … and {len(shown) - ROWS:,} more (--format json has all)", "dim")


def _at(entry: Entry) -> str:
    service = service_of(entry)
    if service.endswith("-agent"):
        service = service.removeprefix("neutron-")
    return f"{service}@{entry.host}" if entry.host else service


def _row(page: Console, told: Timeline, row: Row, name: str, width: int) -> Iterator[Text]:
    entry = row.entry
    if row.silence is not None:
        yield from hang(page, Text("  ┄┄ ", "yellow"), Text(short_ids(silence_words(row.silence)), "yellow"))
    first = row.place == told.first_error
    mark = "▶" if first else "!" if entry.trouble else " "
    style = "bold red" if first else "red" if entry.trouble else "dim" if entry.level == "DEBUG" else ""
    lead = Text.assemble(
        (f"{mark} ", "bold red"),
        (f"{clock_time(entry.at, entry.exact)}  ", "dim"),
        (set_cell_size(name, width), "cyan"),
        "  ",
    )
    body = list(hang(page, lead, Text(short_ids(says(entry, row.more)), style)))
    most = EACH_TROUBLE if entry.trouble else EACH
    if len(body) > most:
        body[most - 1].truncate(page.width - 2)
        body[most - 1].append(" …")
    yield from body[:most]


def _asked(page: Console, told: Timeline) -> Iterator[Text]:
    every = asked(told)
    for each in every[:ASKED]:
        ends = Text.assemble(
            (clean(who(each.caller) or "somebody", 80), "cyan"), " → ", (clean(who(each.callee), 80), "cyan")
        )
        yield from hang(page, Text("  "), ends)
        yield from hang(page, Text("    "), Text(short_ids(asked_words(each)), "" if each.proved else "dim"))
    if len(every) > ASKED:
        yield Text(f"  … and {len(every) - ASKED:,} more (--format json has all)", "dim")


def _routine(page: Console, told: Timeline) -> Iterator[Text]:
    often = sorted(told.routine, key=lambda each: -each.times)
    for each in often[:ROUTINE]:
        name = clean(f"{each.service}@{each.host}" if each.host else each.service, 60)
        body = Text(f"{each.times:,} × {name}: {short_ids(clean(each.says, 140))}", "dim")
        yield from hang(page, Text("  "), body)
    if len(often) > ROUTINE:
        yield Text(f"  … and {len(often) - ROUTINE:,} more kinds", "dim")


def _clauses(page: Console, clauses: Iterable[str]) -> Iterator[Text]:
    every = list(clauses)
    for each in every[:CLAUSES]:
        yield from hang(page, Text("  "), Text(clean(each, 600)))
    if len(every) > CLAUSES:
        yield Text(f"  … and {len(every) - CLAUSES:,} more", "dim")

"""The life of a server or request as one HTML file that needs nothing else: lanes of services, no script."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from importlib.resources import files

from mitate.model.timeline import Entry, Kind, RequestSeen, Timeline
from mitate.report import DEFAULTS, Options
from mitate.report.digest.verdict import MARK
from mitate.report.digest.web import document, text
from mitate.report.digest.words import clean, count, moment, stamp
from mitate.report.timeline.words import (
    STATE,
    Row,
    asked,
    asked_words,
    children,
    clock_time,
    clock_words,
    day,
    lanes,
    main_requests,
    rows,
    says,
    seconds,
    service_of,
    silence_words,
    stamp_ms,
    subject,
    unseen,
    who,
)

ROWS, LANES, CLAUSES = 3000, 40, 200
"""Rows, lanes and sentences drawn."""


def render(told: Timeline, options: Options = DEFAULTS) -> str:
    state = STATE[told.outcome]
    when = f'<time datetime="{stamp(told.taken_at)}">{moment(told.taken_at)}</time>'
    body = f"""<header>
<p>cloud <b>{text(told.cloud, 60)}</b>, {when}</p>
<p>{text(subject(told), 300)}</p>
<h1 class="{state}">{MARK[state]} {text(told.says, 600)}</h1>
</header>
<main>
{_first(told)}{_requests(told)}{_story(told)}{_asked(told)}{_clauses("Clocks", clock_words(told.clocks))}
{_routine(told)}{_followed(told)}{_clauses("Could not be seen", unseen(told))}
</main>
<footer>mitate: {told.took_s:.1f} s, {count(told.api_requests, "API request")}, \
{told.bytes_read / 1e6:,.1f} MB of logs read</footer>
"""
    return document(f"{text(told.cloud, 60)}: {text(told.says, 200)}", _style(), body)


def _style() -> str:
    sheets = (("mitate.report", "html.css"), ("mitate.report.timeline", "timeline.css"))
    return "".join(files(package).joinpath(name).read_text(encoding="utf-8") for package, name in sheets)


# -- on top -------------------------------------------------------------------------------------------------


def _first(told: Timeline) -> str:
    if told.first_error is None:
        return ""
    entry = told.entries[told.first_error]
    after = seconds(max(0.0, entry.at - told.entries[0].at))
    rows_ = "".join(
        f"<tr><td>{label}</td><td><code>{text(value, 300)}</code></td></tr>\n"
        for label, value in (
            ("request", entry.request),
            ("on behalf of", entry.global_request),
            ("exception", entry.exception),
            ("code", entry.origin),
            ("was asking", entry.asking),
            ("seen in", entry.source),
        )
        if value
    )
    return f"""<article class="critical">
<span class="label">the first error</span>
<h2>{text(who((service_of(entry), entry.host)), 120)}: {text(says(entry), 600)}</h2>
<p class="about">{_time(entry)}, {after} after the beginning</p>
<table class="facts">
{rows_}</table>
</article>
"""


def _time(entry: Entry) -> str:
    return f'<time datetime="{stamp_ms(entry.at) or ""}">{clock_time(entry.at, entry.exact)}</time>'


def _requests(told: Timeline) -> str:
    items = "".join(_request(told, each) for each in main_requests(told))
    if not items:
        return ""
    heads = "".join(f"<th>{name}</th>" for name in ("", "request", "began", "took", "", "lines", ""))
    return (
        f'<section>\n<h2>Requests</h2>\n<div class="wide"><table>\n<tr>{heads}</tr>\n{items}</table></div>\n'
        "</section>\n"
    )


def _request(told: Timeline, each: RequestSeen) -> str:
    took = seconds(each.ended - each.began) if each.began is not None and each.ended is not None else ""
    began = clock_time(each.began) if each.began is not None else ""
    made = children(told, each)
    more = f"; {count(made, 'request')} made on its behalf" if made else ""
    return (
        f"<tr><td><b>{text(each.action or each.why, 120)}</b></td><td><code>{text(each.id, 60)}</code></td>"
        f'<td class="number">{began}</td><td class="number">{took}</td>'
        f'<td class="{"Error" if each.result == "Error" else "Success"}">{text(each.result, 20)}</td>'
        f'<td class="number">{each.lines:,}</td><td class="told">{text(", ".join(each.services), 300)}'
        f"{more}</td></tr>\n"
    )


# -- the lanes ----------------------------------------------------------------------------------------------


def _story(told: Timeline) -> str:
    shown = rows(told)
    if not shown:
        return ""
    drawn = shown[:ROWS]
    every = lanes(told, drawn)[:LANES]
    place = {lane: number for number, lane in enumerate(every)}
    heads = "".join(
        f'<th class="lane"><b>{text(service, 40)}</b> {text(host, 60)}</th>' for service, host in every
    )
    body = "".join(_row(told, row, place) for row in drawn)
    rest = f'<p class="told">… and {len(shown) - ROWS:,} more</p>\n' if len(shown) > ROWS else ""
    moved = [clock.host for clock in told.clocks if clock.corrected_s]
    note = f"; clocks of {text(', '.join(moved), 300)} corrected" if moved else ""
    return f"""<section>
<h2>What happened</h2>
<p class="about">{day(told.entries[0].at)}, UTC{note}. A ~ stands where a time is known to the second only. \
An arrow leads from the service that asked to the one that answered.</p>
<div class="wide"><table class="lanes">
<tr><th>time</th>{heads}<th></th></tr>
{body}</table></div>
{rest}</section>
"""


def _row(told: Timeline, row: Row, place: dict[tuple[str, str], int]) -> str:
    entry = row.entry
    look = _look(entry, first=row.place == told.first_error)
    quiet = ""
    if row.silence is not None:
        quiet = (
            f'<tr class="silence"><td colspan="{len(place) + 2}">┄ {text(silence_words(row.silence), 700)}'
            "</td></tr>\n"
        )
    here = place.get((service_of(entry), entry.host))
    there = place.get(entry.caller) if entry.kind is Kind.CALL else None
    cells = "".join(f'<td class="lane">{_cell(number, here, there)}</td>' for number in range(len(place)))
    title = text(f"{entry.source} {entry.request}", 300)
    return (
        f'{quiet}<tr class="{look}"><td class="time" title="{title}">{_time(entry)}</td>{cells}'
        f'<td class="says">{escape(clean(says(entry, row.more), 700))}</td></tr>\n'
    )


def _look(entry: Entry, *, first: bool) -> str:
    parts = ["trouble"] if entry.trouble else []
    parts += ["first"] if first else []
    parts += ["debug"] if entry.level == "DEBUG" else []
    parts += ["warning"] if entry.level == "WARNING" and not entry.trouble else []
    return " ".join(parts) or "line"


def _cell(number: int, here: int | None, there: int | None) -> str:
    """The lane's axis; the dot of what happened; of a call the part of its arrow that goes through."""
    drawn = ['<line class="axis" x1="12" y1="0" x2="12" y2="24"/>']
    if here is not None and there is not None and here != there:
        low, high = min(here, there), max(here, there)
        if low <= number <= high:
            left = 0 if number > low else 12
            right = 24 if number < high else 12
            drawn.append(f'<line class="arrow" x1="{left}" y1="12" x2="{right}" y2="12"/>')
        if number == here:
            tip = "8,12 16,8 16,16" if there > here else "16,12 8,8 8,16"
            drawn.append(f'<polygon class="head" points="{tip}"/>')
    if number == here and there is None:
        drawn.append('<circle class="dot" cx="12" cy="12" r="5"/>')
    if number == there and here is not None and here != there:
        drawn.append('<circle class="dot" cx="12" cy="12" r="3"/>')
    return f'<svg viewBox="0 0 24 24" preserveAspectRatio="none" aria-hidden="true">{"".join(drawn)}</svg>'


# -- below --------------------------------------------------------------------------------------------------


def _asked(told: Timeline) -> str:
    items = "".join(
        f"<tr><td>{text(who(each.caller) or 'somebody', 120)}</td><td>→ {text(who(each.callee), 120)}</td>"
        f'<td class="{"" if each.proved else "guess"}">{text(asked_words(each), 400)}</td></tr>\n'
        for each in asked(told)[:CLAUSES]
    )
    if not items:
        return ""
    return (
        f'<section>\n<h2>Who asked whom</h2>\n<div class="wide"><table>\n{items}</table></div>\n</section>\n'
    )


def _routine(told: Timeline) -> str:
    items = "".join(
        f'<tr><td class="number">{each.times:,} ×</td><td>{text(who((each.service, each.host)), 100)}</td>'
        f'<td class="told">{text(each.says, 300)}</td></tr>\n'
        for each in sorted(told.routine, key=lambda each: -each.times)[:CLAUSES]
    )
    if not items:
        return ""
    title = "Again and again, and no part of it"
    return f'<section>\n<h2>{title}</h2>\n<div class="wide"><table>\n{items}</table></div>\n</section>\n'


def _followed(told: Timeline) -> str:
    items = "".join(
        f"<tr><td>{text(each.kind, 20)}</td><td><code>{text(each.id, 60)}</code></td>"
        f'<td class="told">{text(each.why, 200)}</td></tr>\n'
        for each in told.followed[:CLAUSES]
    )
    if not items:
        return ""
    return (
        "<section>\n<details><summary>What was followed</summary>\n"
        f'<div class="wide"><table>\n{items}</table></div></details>\n</section>\n'
    )


def _clauses(title: str, clauses: Iterable[str]) -> str:
    every = list(clauses)
    items = "".join(f"<li>{text(words, 900)}</li>" for words in every[:CLAUSES])
    more = f"<li>… and {len(every) - CLAUSES:,} more</li>" if len(every) > CLAUSES else ""
    return f"<section>\n<h2>{title}</h2>\n<ul>{items}{more}</ul>\n</section>\n" if items else ""

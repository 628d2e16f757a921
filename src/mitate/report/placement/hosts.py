"""The hosts in the HTML page: who said no, in groups; all in a table; the nearest with every stage."""

from __future__ import annotations

from html import escape

from mitate.model.diagnosis import State
from mitate.model.placement import Explanation, HostAnswer, Stage, StageLeft
from mitate.report.digest.verdict import MARK
from mitate.report.digest.web import piece, text
from mitate.report.digest.words import count
from mitate.report.placement.groups import met, near, own_words, refusers, span
from mitate.report.placement.waterfall import ALL_HOSTS
from mitate.report.placement.words import amount

NEAREST, ALL = 25, 2000
"""Hosts with a table of their own, and rows of the table of all."""


def section(told: Explanation) -> str:
    if not told.hosts:
        return ""
    ordered = near(told)
    nearest = ordered[:NEAREST]
    numbers = {answer.host: number for number, answer in enumerate(nearest)}
    rows = "".join(_row(answer, numbers.get(answer.host)) for answer in ordered[:ALL])
    more = (
        f'<p class="told">… and {len(ordered) - ALL:,} more (--format json)</p>\n'
        if len(ordered) > ALL
        else ""
    )
    head = "<tr><th>host</th><th>said</th><th>wanted</th><th>available</th><th></th></tr>"
    table = f'<div class="wide"><table>\n{head}\n{rows}</table></div>\n{more}'
    opened = " open" if len(ordered) <= NEAREST else ""
    return f"""<section class="hosts">
<h2>Host by host</h2>
<ul>{"".join(_groups(told))}</ul>
<details{opened}><summary>All hosts, the nearest to fitting first</summary>
{table}</details>
{"".join(_host(number, answer, told) for number, answer in enumerate(nearest))}</section>
"""


def _groups(told: Explanation) -> list[str]:
    """VCPU: 4,000 hosts say no, wanted 64, available 0 to 28"""
    taken = sum(not answer.rejected_by and not answer.unknown for answer in told.hosts)
    doubtful = sum(bool(answer.unknown) and not answer.rejected_by for answer in told.hosts)
    found = [_said(State.OK, count(taken, "host takes", "hosts take") + " it")] if taken else []
    for group in refusers(told):
        wanted = f", wanted {escape(group.wanted)}" if group.wanted else ""
        has = f", available {span(group.alike)}" if span(group.alike) else ""
        name = f'<span class="name {group.stage}">{text(group.by, 80)}</span>'
        found.append(
            _said(State.PROBLEM, f"{name}: {count(group.hosts, 'host says', 'hosts say')} no{wanted}{has}")
        )
    if doubtful:
        found.append(_said(State.UNKNOWN, f"of {count(doubtful, 'host')} it cannot be told"))
    return found


def _said(state: State, words: str) -> str:
    """``words`` is HTML already."""
    return f'<li><span class="state {state}">{MARK[state]}</span> {words}</li>\n'


def _row(answer: HostAnswer, number: int | None) -> str:
    name = text(answer.host, 120)
    name = name if number is None else f'<a href="#host-{number}">{name}</a>'
    said = escape(MARK[_state(answer)])
    by = (
        f' <span class="name {answer.stage}">{text(answer.rejected_by, 80)}</span>'
        if answer.rejected_by
        else ""
    )
    more = (
        f' <span class="told">beyond that: {text("; ".join(answer.more), 400)}</span>' if answer.more else ""
    )
    return (
        f'<tr><td class="place">{name}</td><td><span class="state {_state(answer)}">{said}</span>{by}</td>'
        f"<td>{escape(amount(answer.wanted))}</td><td>{escape(amount(answer.available))}</td>"
        f"<td>{text(own_words(answer) or answer.unknown, 300)}{more}</td></tr>\n"
    )


def _host(number: int, answer: HostAnswer, told: Explanation) -> str:
    """Every stage that the request meets on its way to this host."""
    rows = "".join(_met(line, mark, answer) for line, mark in _walk(told, answer))
    rows += "".join(_line(_mark(State.PROBLEM), "", f"beyond that: {text(words)}") for words in answer.more)
    if answer.unknown:
        rows += _line(_mark(State.UNKNOWN), "", text(answer.unknown))
    pieces = "".join(piece(each, told.taken_at) for each in answer.evidence)
    evidence = f"<details><summary>Evidence</summary>\n{pieces}</details>\n" if pieces else ""
    summary = f'<span class="state {_state(answer)}">{MARK[_state(answer)]}</span> {text(answer.host, 120)}'
    return f"""<details id="host-{number}"><summary>{summary}</summary>
<div class="wide"><table>
{rows}</table></div>
{evidence}</details>
"""


def _walk(told: Explanation, answer: HostAnswer) -> list[tuple[StageLeft, State | None]]:
    """The lines of the waterfall as this host met them: None where it was out already. Its own no is added
    where the waterfall has no line for it."""
    every = list(told.waterfall)
    if every and every[0].name == ALL_HOSTS:
        every = every[1:]
    if not answer.rejected_by:
        return [(line, State.OK) for line in every]
    stage = answer.stage or Stage.PLACEMENT
    place = met(every, answer)
    if place == len(every):
        place = next(
            (at for at, line in enumerate(every) if list(Stage).index(line.stage) > list(Stage).index(stage)),
            place,
        )
        every.insert(place, StageLeft(stage, answer.rejected_by, 0))
    marks = [State.OK] * place + [State.PROBLEM] + [None] * (len(every) - place - 1)
    return list(zip(every, marks, strict=True))


def _met(line: StageLeft, state: State | None, answer: HostAnswer) -> str:
    name = f'<span class="name {line.stage}">{line.stage}</span> {text(line.name, 200)}'
    if state is None:
        return _line("", name, "it was out already", "out")
    if state is State.OK:
        return _line(_mark(state), name, "")
    wanted = [f"wanted {amount(answer.wanted)}"] if answer.wanted is not None else []
    wanted += [f"available {amount(answer.available)}"] if answer.available is not None else []
    return _line(_mark(state), name, text("; ".join(filter(None, (", ".join(wanted), own_words(answer))))))


def _line(mark: str, name: str, words: str, look: str = "") -> str:
    """All three are HTML already."""
    return f'<tr class="{look}"><td>{mark}</td><td>{name}</td><td>{words}</td></tr>\n'


def _mark(state: State) -> str:
    return f'<span class="state {state}">{MARK[state]}</span>'


def _state(answer: HostAnswer) -> State:
    if answer.rejected_by:
        return State.PROBLEM
    return State.UNKNOWN if answer.unknown else State.OK

"""Why a request gets a host or none, as one HTML file that needs nothing else: no network, no script."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from importlib.resources import files
from itertools import groupby

from mitate.model.placement import Change, Explanation, StageLeft, Usage
from mitate.report import DEFAULTS, Options
from mitate.report.digest.verdict import MARK
from mitate.report.digest.web import document, piece, text
from mitate.report.digest.words import clean_lines, count, moment, stamp
from mitate.report.placement import hosts
from mitate.report.placement.groups import assumed, unseen
from mitate.report.placement.waterfall import ALL_HOSTS, Step, stages, steps
from mitate.report.placement.words import (
    LONGEST,
    MEANS,
    STATE,
    SURE,
    amount,
    filter_at_fault,
    free,
    headline,
    holders,
    largest,
    loss,
    mark,
    request,
    room,
    short,
    subject,
    sum_of,
    then,
    together,
    unfitting,
)

SETS, CHANGES, CLAUSES = 20, 20, 200
"""Unsatisfiable sets, changes, and assumptions written out."""


def render(explanation: Explanation, options: Options = DEFAULTS) -> str:
    told, state, said = explanation, STATE[explanation.verdict], headline(explanation)
    asked = f"{subject(told.wanted)}: {request(told.wanted)}"
    when = f'<time datetime="{stamp(told.taken_at)}">{moment(told.taken_at)}</time>'
    body = f"""<header>
<p>cloud <b>{text(told.cloud, 60)}</b>, {when}</p>
<p>{text(asked, 900)}</p>
<h1 class="{state}">{MARK[state]} {escape(said)}</h1>
{_stage(told)}{_unmet(told)}</header>
<main>
{_cause(told)}{_waterfall(told)}{_changes(told)}{hosts.section(told)}{_usages(told)}{_rooms(told)}
{_clauses("Assumed", assumed(told))}{_clauses("Could not be seen", unseen(told))}
</main>
<footer>mitate: {told.took_s:.1f} s, {count(told.api_requests, "API request")}</footer>
"""
    return document(f"{text(told.cloud, 60)}: {escape(said)}", _style(), body)


def _style() -> str:
    sheets = (("mitate.report", "html.css"), ("mitate.report.placement", "placement.css"))
    return "".join(files(package).joinpath(name).read_text(encoding="utf-8") for package, name in sheets)


# -- the answer ---------------------------------------------------------------------------------------------


def _stage(told: Explanation) -> str:
    if told.stage is None:
        return ""
    name = f'<span class="name {told.stage}">{told.stage}</span>'
    return f'<p class="stage">stage {name}: {escape(MEANS[told.stage])}</p>\n'


def _unmet(told: Explanation) -> str:
    items = [
        f"<li><span>unmet:</span> {text(together(each), 900)}</li>" for each in told.unsatisfiable[:SETS]
    ]
    more = len(told.unsatisfiable) - SETS
    items += [f"<li>… and {more:,} more</li>"] if more > 0 else []
    return f'<ul class="unmet">{"".join(items)}</ul>\n' if items else ""


def _cause(told: Explanation) -> str:
    cause = told.first_cause
    if cause is None:
        return ""
    commands = "\n".join(
        escape(line) for command in cause.fix for line in clean_lines(command, limit=LONGEST)
    )
    fix = f"<h3>Do next</h3>\n<pre><code>{commands}</code></pre>\n" if commands else ""
    pieces = "".join(piece(each, told.taken_at) for each in cause.evidence)
    since = f'<p class="about">Since {moment(cause.since, told.taken_at)}.</p>\n' if cause.since else ""
    return f"""<article class="{cause.severity}">
<span class="label">the first cause</span>
<h2>{text(cause.says)}</h2>
{since}{fix}<p class="about">To read more: <code>mitate explain {text(cause.check, 80)}</code></p>
<details open><summary>Evidence</summary>
{pieces}</details>
</article>
"""


# -- the waterfall ------------------------------------------------------------------------------------------


def _waterfall(told: Explanation) -> str:
    shown = steps(told.waterfall)
    if not shown:
        return ""
    most = max(step.line.left for step in shown)
    nova = any(step.line.nova_left is not None for step in shown)
    heads = ("stage", "", "", "left", "", *(("Nova's own",) if nova else ()))
    head = "".join(
        f'<th class="{"number" if place > 2 else ""}">{name}</th>' for place, name in enumerate(heads)
    )
    rows = "".join(_step(step, most, stage, nova) for step, stage in zip(shown, stages(shown), strict=True))
    evidence = "".join(piece(each, told.taken_at) for each in told.evidence)
    proof = f"<details><summary>Evidence</summary>\n{evidence}</details>\n" if evidence else ""
    at_fault = filter_at_fault(told)
    read = f"<code>mitate explain {text(at_fault, 80)}</code>"
    return f"""<section>
<h2>Hosts left after each stage</h2>
<div class="wide"><table class="waterfall">
<tr>{head}</tr>
{rows}</table></div>
{f'<p class="about">To read more: {read}</p>' if at_fault else ""}
{proof}</section>
"""


def _step(step: Step, most: int, stage: str, nova: bool) -> str:
    """stage: "" below another line of the same."""
    line = step.line
    if step.names:
        those = text(", ".join(step.names), 2000)
        said = f"all {line.left:,} stay" if line.left else "nobody is left to be asked"
        told = f'<td class="told" colspan="{5 if nova else 4}">{those}: {said}</td>'
        return f'<tr class="{line.stage}"><td class="name">{stage}</td>{told}</tr>\n'
    doubt = (
        f'<div class="told">{line.unknown:,} of them only because it could not be told</div>'
        if line.unknown
        else ""
    )
    return (
        f'<tr class="{"all" if line.name == ALL_HOSTS else line.stage}"><td class="name">{stage}</td>'
        f'<td class="what">{text(line.name, 200)}{doubt}</td>'
        f'<td class="bar">{_bar(step, most)}</td><td class="number"><b>{line.left:,}</b></td>'
        f'<td class="number lost-many">{loss(line, step.before)}</td>{_nova(line) if nova else ""}</tr>\n'
    )


def _nova(line: StageLeft) -> str:
    if line.nova_left is None:
        return "<td></td>"
    differs = line.nova_left != line.left
    return (
        f'<td class="number{" differs" if differs else ""}">{line.nova_left:,}{" ≠" if differs else ""}</td>'
    )


def _bar(step: Step, most: int) -> str:
    """Of a hundred units: what remains, what only remains because it could not be told, what was lost."""
    line = step.line
    ends = [
        100 * number / most if most else 0 for number in (line.left - line.unknown, line.left, step.before)
    ]
    parts = []
    for look, begin, end in zip(("remains", "doubt", "lost"), (0.0, *ends), ends, strict=False):
        if end > begin:
            parts.append(
                f'<rect class="{look}" x="{begin:.2f}" y="0" width="{end - begin:.2f}" height="10"/>'
            )
    label = f"{count(line.left, 'host')} left of {step.before:,}"
    return (
        f'<svg viewBox="0 0 100 10" preserveAspectRatio="none" role="img" aria-label="{label}">'
        f"{''.join(parts)}</svg>"
    )


# -- what to do ---------------------------------------------------------------------------------------------


def _changes(told: Explanation) -> str:
    items = "".join(map(_change, told.smallest_changes[:CHANGES]))
    more = len(told.smallest_changes) - CHANGES
    rest = f'<p class="told">… and {more:,} more</p>\n' if more > 0 else ""
    title = "The smallest changes that would give a host"
    return (
        f'<section>\n<h2>{title}</h2>\n<ol class="changes">\n{items}</ol>\n{rest}</section>\n'
        if items
        else ""
    )


def _change(change: Change) -> str:
    sure = SURE.get(change.confidence, "")
    said = then(change)
    took = f'<p class="then">{escape(said)}{f" ({sure})" if sure else ""}</p>' if said else ""
    risk = f'<p class="risk">risk: {text(change.risk)}</p>' if change.risk else ""
    commands = "\n".join(
        escape(line) for command in change.commands for line in clean_lines(command, limit=LONGEST)
    )
    todo = f"<pre><code>{commands}</code></pre>" if commands else ""
    return f"<li><b>{text(change.change)}</b>{took}{risk}{todo}</li>\n"


# -- what there is ------------------------------------------------------------------------------------------


def _usages(told: Explanation) -> str:
    tables = "".join(
        f'<h3 class="place">{text(host, 80)}</h3>\n{resources(list(usages))}'
        for host, usages in groupby(told.usages, lambda usage: usage.host)
    )
    return f"<section>\n<h2>The hosts nearest to fitting</h2>\n{tables}</section>\n" if tables else ""


def resources(usages: Sequence[Usage]) -> str:
    """A table: wanted, what there is and how that comes, used, free, who has it."""
    names = ("", "wanted", "capacity", "used", "free", "")
    head = "".join(
        f'<th class="{"number" if 0 < at < 5 else ""}">{name}</th>' for at, name in enumerate(names)
    )
    return f'<div class="wide"><table>\n<tr>{head}</tr>\n{"".join(map(_usage, usages))}</table></div>\n'


def _usage(usage: Usage) -> str:
    missing = "; ".join(filter(None, (short(usage), unfitting(usage))))
    state = mark(usage)
    held = f"held by {holders(usage, 8)}" if usage.by else ""
    numbers = (f"{usage.wanted:,}", sum_of(usage), amount(usage.used), amount(free(usage)))
    cells = "".join(f'<td class="number">{escape(number)}</td>' for number in numbers)
    verdict = f'<span class="state {state}">{MARK[state]}</span> {text(missing)}'
    return (
        f"<tr><td><code>{text(usage.resource_class, 60)}</code></td>{cells}"
        f'<td>{verdict} <span class="told">{text(held, 900)}</span></td></tr>\n'
    )


def _rooms(told: Explanation) -> str:
    best = largest(told)
    said = f"<p>The largest flavour that fits: {escape(room(best))}.</p>\n" if best else ""
    rows = "".join(
        f'<tr><td>{text(each.flavor, 80)}</td><td class="number">{each.now:,}</td>'
        f'<td class="number">{each.after_loss:,}</td><td class="place">{text(each.host, 80)}</td></tr>\n'
        for each in told.rooms[:CLAUSES]
    )
    numbers = '<th class="number">now</th><th class="number">then</th>'
    head = f"<tr><th>flavour</th>{numbers}<th>when this host died</th></tr>"
    table = f'<div class="wide"><table>\n{head}\n{rows}</table></div>\n' if rows else ""
    return f"<section>\n<h2>What fits now</h2>\n{said}{table}</section>\n" if said or table else ""


def _clauses(title: str, clauses: Iterable[str]) -> str:
    every = tuple(clauses)
    items = "".join(f"<li>{text(words, 900)}</li>" for words in every[:CLAUSES])
    more = f"<li>… and {len(every) - CLAUSES:,} more</li>" if len(every) > CLAUSES else ""
    return f"<section>\n<h2>{title}</h2>\n<ul>{items}{more}</ul>\n</section>\n" if items else ""

"""The diagnosis as one HTML file that needs nothing else: no network, no script, readable on a phone."""

from __future__ import annotations

from html import escape
from importlib.resources import files

from mitate.model.diagnosis import Cause, Diagnosis, Finding, Outcome
from mitate.report import DEFAULTS, Options
from mitate.report.digest.groups import kin, unseen
from mitate.report.digest.verdict import MARK, aside, cost, headline, tally, verdict
from mitate.report.digest.web import document, piece, text
from mitate.report.digest.words import clean, clean_lines, count, lasting, listing, moment, place, stamp

FINDINGS = 200
"""Findings of one check written out under the cause that explains them."""


def render(diagnosis: Diagnosis, options: Options = DEFAULTS) -> str:
    style = files("mitate.report").joinpath("html.css").read_text(encoding="utf-8")
    state, said = verdict(diagnosis, options.fail_on), headline(diagnosis, options.fail_on)
    cloud = text(diagnosis.cloud, 60)
    causes = "".join(_cause(cause, diagnosis) for cause in diagnosis.causes)
    body = f"""<header>
<p>cloud <b>{cloud}</b>, <time datetime="{stamp(diagnosis.taken_at)}">{moment(diagnosis.taken_at)}</time></p>
<h1 class="{state}">{MARK[state]} {escape(said)}</h1>
<p>{escape(tally(diagnosis))}</p>
{_aside(diagnosis)}</header>
<main>
{causes}{_unseen(diagnosis)}{_checks(diagnosis)}</main>
<footer>mitate: {escape(cost(diagnosis))}</footer>
"""
    return document(f"{cloud}: {escape(said)}", style, body)


def _aside(diagnosis: Diagnosis) -> str:
    said = aside(diagnosis)
    return f"<p>{escape(said)}</p>\n" if said else ""


def _cause(cause: Cause, diagnosis: Diagnosis) -> str:
    finding = cause.finding
    return f"""<article class="{finding.severity}" id="cause-{cause.rank}">
<span class="label">{cause.rank} · {finding.severity}</span>
<h2>{text(finding.says)}</h2>
<p class="about">{_since(finding, diagnosis)}{text(cause.why_first)}</p>
{_next(cause)}{_evidence(cause, diagnosis)}{_explains(cause)}</article>
"""


def _since(finding: Finding, diagnosis: Diagnosis) -> str:
    if finding.since is None:
        return ""
    began = lasting(finding.since, diagnosis.taken_at)
    return f"Since {moment(finding.since)}{f' ({began} before this look)' if began else ''}. "


def _next(cause: Cause) -> str:
    read = f'<p class="about">To read more: <code>mitate explain {text(cause.finding.check, 80)}</code></p>\n'
    todo = cause.remediation
    if todo is None:
        return read
    summary = "" if todo.summary in todo.commands else f"<p>{text(todo.summary)}</p>\n"
    commands = "\n".join(escape(line) for command in todo.commands for line in clean_lines(command))
    return f"<h3>Do next</h3>\n{summary}<pre><code>{commands}</code></pre>\n{read}"


def _evidence(cause: Cause, diagnosis: Diagnosis) -> str:
    """Open for the first cause: its proof is what a reader should see without asking."""
    evidence = cause.finding.evidence
    places = escape(listing(list(dict.fromkeys(place(each.host) for each in evidence)), 5))
    pieces = "".join(piece(each, diagnosis.taken_at) for each in evidence)
    start = "<details open>" if cause.rank == 1 else "<details>"
    return f"{start}<summary>Evidence: {places}</summary>\n{pieces}</details>\n"


def _explains(cause: Cause) -> str:
    if not cause.explains:
        return ""
    groups = kin(cause.explains)
    parts = []
    for group in groups:
        items = [f"<li>{text(finding.says)}</li>" for finding in group.findings[:FINDINGS]]
        if len(group.findings) > FINDINGS:
            items.append(f"<li>… and {len(group.findings) - FINDINGS:,} more</li>")
        title = f"{len(group.findings):,} × <code>{text(group.check, 80)}</code>"
        parts.append(f"<h3>{title}</h3>\n<ul>{''.join(items)}</ul>\n")
    short = listing([f"{len(group.findings):,} × {group.check}" for group in groups], 4)
    summary = f"Explains {count(len(cause.explains), 'other finding')}: {escape(short)}"
    return f"<details><summary>{summary}</summary>\n{''.join(parts)}</details>\n"


def _unseen(diagnosis: Diagnosis) -> str:
    rows = "".join(
        f'<tr><td class="place">{text(listing([place(p) for p in group.where], 20), 2000)}</td>'
        f"<td>{text(listing(group.what, 10), 2000)}</td><td>{text(group.why)}</td></tr>\n"
        for group in unseen(diagnosis)
    )
    return f"<section>\n<h2>Could not be seen</h2>\n<table>\n{rows}</table>\n</section>\n" if rows else ""


def _checks(diagnosis: Diagnosis) -> str:
    rows = "".join(map(_check, diagnosis.outcomes))
    table = f"<table>\n{rows}</table>"
    return f"<section>\n<details><summary>All checks, one by one</summary>\n{table}</details>\n</section>\n"


def _check(outcome: Outcome) -> str:
    told = [count(len(outcome.findings), "finding")] if outcome.findings else []
    told += [clean(str(gap)) for gap in outcome.unknown_because[:3]]
    if len(outcome.unknown_because) > 3:
        told.append(f"and {count(len(outcome.unknown_because) - 3, 'more gap')}")
    return (
        f'<tr><td class="state {outcome.state}">{outcome.state}</td>'
        f"<td><code>{text(outcome.check, 80)}</code></td><td>{escape('; '.join(told))}</td></tr>\n"
    )

"""The diagnosis as one HTML file that needs nothing else: no network, no script, readable on a phone.

Its content security policy forbids everything but its own style sheet, so that even a name that slipped
through unescaped could load and run nothing.
"""

from __future__ import annotations

import base64
import hashlib
from html import escape
from importlib.resources import files

from mitate.model.diagnosis import Cause, Diagnosis, Evidence, Finding, Outcome
from mitate.report import DEFAULTS, Options
from mitate.report.digest.groups import kin, unseen
from mitate.report.digest.verdict import MARK, cost, headline, tally, verdict
from mitate.report.digest.words import clean, clean_lines, count, lasting, listing, moment, place, stamp

FINDINGS = 200
"""Findings of one check written out under the cause that explains them."""
EXCERPT = 60
"""Lines shown of one piece of evidence."""


def render(diagnosis: Diagnosis, options: Options = DEFAULTS) -> str:
    style = files("mitate.report").joinpath("html.css").read_text(encoding="utf-8")
    state, said = verdict(diagnosis, options.fail_on), headline(diagnosis, options.fail_on)
    cloud = _text(diagnosis.cloud, 60)
    causes = "".join(_cause(cause, diagnosis) for cause in diagnosis.causes)
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{_policy(style)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>{cloud}: {escape(said)}</title>
<link rel="icon" href="data:,">
<style>{style}</style>
</head>
<body>
<header>
<p>cloud <b>{cloud}</b>, <time datetime="{stamp(diagnosis.taken_at)}">{moment(diagnosis.taken_at)}</time></p>
<h1 class="{state}">{MARK[state]} {escape(said)}</h1>
<p>{escape(tally(diagnosis))}</p>
</header>
<main>
{causes}{_unseen(diagnosis)}{_checks(diagnosis)}</main>
<footer>mitate: {escape(cost(diagnosis))}</footer>
</body>
</html>
"""


def _policy(style: str) -> str:
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return (
        f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; base-uri 'none'; form-action 'none'"
    )


def _text(text: str, limit: int = 600) -> str:
    return escape(clean(text, limit))


def _cause(cause: Cause, diagnosis: Diagnosis) -> str:
    finding = cause.finding
    return f"""<article class="{finding.severity}" id="cause-{cause.rank}">
<span class="label">{cause.rank} · {finding.severity}</span>
<h2>{_text(finding.says)}</h2>
<p class="about">{_since(finding, diagnosis)}{_text(cause.why_first)}</p>
{_next(cause)}{_evidence(cause, diagnosis)}{_explains(cause)}</article>
"""


def _since(finding: Finding, diagnosis: Diagnosis) -> str:
    if finding.since is None:
        return ""
    began = lasting(finding.since, diagnosis.taken_at)
    return f"Since {moment(finding.since)}{f' ({began} before this look)' if began else ''}. "


def _next(cause: Cause) -> str:
    read = (
        f'<p class="about">To read more: <code>mitate explain {_text(cause.finding.check, 80)}</code></p>\n'
    )
    todo = cause.remediation
    if todo is None:
        return read
    summary = "" if todo.summary in todo.commands else f"<p>{_text(todo.summary)}</p>\n"
    commands = "\n".join(escape(line) for command in todo.commands for line in clean_lines(command))
    return f"<h3>Do next</h3>\n{summary}<pre><code>{commands}</code></pre>\n{read}"


def _evidence(cause: Cause, diagnosis: Diagnosis) -> str:
    """Open for the first cause: its proof is what a reader should see without asking."""
    evidence = cause.finding.evidence
    places = escape(listing(list(dict.fromkeys(place(piece.host) for piece in evidence)), 5))
    pieces = "".join(_piece(piece, diagnosis) for piece in evidence)
    start = "<details open>" if cause.rank == 1 else "<details>"
    return f"{start}<summary>Evidence: {places}</summary>\n{pieces}</details>\n"


def _piece(evidence: Evidence, diagnosis: Diagnosis) -> str:
    lines = clean_lines(evidence.excerpt, EXCERPT + 1)
    shown = "\n".join([*lines[:EXCERPT], "…"] if len(lines) > EXCERPT else lines)
    asked = f"<b>{_text(place(evidence.host), 60)}</b> <code>{_text(evidence.asked, 300)}</code>"
    when = f'<time datetime="{stamp(evidence.at)}">{moment(evidence.at, diagnosis.taken_at)}</time>'
    return f"<figure><figcaption>{asked} {when}</figcaption><pre>{escape(shown)}</pre></figure>\n"


def _explains(cause: Cause) -> str:
    if not cause.explains:
        return ""
    groups = kin(cause.explains)
    parts = []
    for group in groups:
        items = [f"<li>{_text(finding.says)}</li>" for finding in group.findings[:FINDINGS]]
        if len(group.findings) > FINDINGS:
            items.append(f"<li>… and {len(group.findings) - FINDINGS:,} more</li>")
        title = f"{len(group.findings):,} × <code>{_text(group.check, 80)}</code>"
        parts.append(f"<h3>{title}</h3>\n<ul>{''.join(items)}</ul>\n")
    short = listing([f"{len(group.findings):,} × {group.check}" for group in groups], 4)
    summary = f"Explains {count(len(cause.explains), 'other finding')}: {escape(short)}"
    return f"<details><summary>{summary}</summary>\n{''.join(parts)}</details>\n"


def _unseen(diagnosis: Diagnosis) -> str:
    rows = "".join(
        f'<tr><td class="place">{_text(listing([place(p) for p in group.where], 20), 2000)}</td>'
        f"<td>{_text(listing(group.what, 10), 2000)}</td><td>{_text(group.why)}</td></tr>\n"
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
        f"<td><code>{_text(outcome.check, 80)}</code></td><td>{escape('; '.join(told))}</td></tr>\n"
    )

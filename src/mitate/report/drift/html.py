"""What drifted apart, as one HTML file that needs nothing else: no network, no script."""

from __future__ import annotations

from html import escape
from importlib.resources import files

from mitate.model.drift import Change, Drift
from mitate.report import DEFAULTS, Options
from mitate.report.digest.verdict import MARK
from mitate.report.digest.web import document, piece, text
from mitate.report.digest.words import moment, place, stamp
from mitate.report.drift.words import BESIDE, Alike, alike, before, headline, labels, since, where

MOST = 500
"""Differences, and lines of the time line, on the page; --format json tells all."""


def render(drift: Drift, options: Options = DEFAULTS) -> str:
    style = (files("mitate.report") / "html.css").read_text("utf-8")
    found = alike(drift.differences)
    body = [
        f"<header><h1>Drift of {text(drift.cloud, 80)}</h1>"
        f'<p><time datetime="{stamp(drift.taken_at)}">{moment(drift.taken_at)}</time>'
        + (f", compared with {moment(drift.earlier)}" if drift.earlier else "")
        + "</p></header>\n",
        f'<p><span class="state {drift.state}">{MARK[drift.state]}</span> {text(headline(drift))}</p>\n',
        *(_difference(one, drift) for one in found[:MOST]),
        _error(drift),
        _changes(drift),
        _list("Worth knowing", [text(note) for note in drift.notes[:MOST]]),
        _list(
            "Not seen",
            [text(f"{place(gap.where)}: {gap.what}: {gap.why}") for gap in drift.gaps[:MOST]],
        ),
    ]
    return document(f"Drift of {text(drift.cloud, 80)}", style, "".join(body))


def _difference(one: Alike, drift: Drift) -> str:
    first = one.first
    rows = "".join(
        f"<tr><th>{name}</th><td>{text(value)}</td></tr>"
        for name, value in (
            ("where", where(one)),
            (labels(first)[0], first.here),
            (labels(first)[1], first.there),
            ("since", since(first, drift)),
            ("fix", "; ".join(first.fix)),
        )
        if value
    )
    pieces = "".join(piece(each, drift.taken_at) for each in first.evidence)
    return f"""<section class="{escape(first.severity.value)}"><h2>{text(first.what, 200)}</h2>
<p>{text(first.says, 900)}</p>
<table>{rows}</table>
<details><summary>Evidence</summary>
{pieces}</details></section>
"""


def _error(drift: Drift) -> str:
    error = drift.first_error
    if error is None:
        return ""
    rows = "".join(f"<li>{text(before(each, error))}</li>" for each in error.before[:BESIDE])
    said = f"{moment(error.at)} <b>{text(error.host, 80)}</b> {text(error.says)}"
    return f"<section><h2>The first error</h2><p>{said}</p><ul>{rows}</ul></section>\n"


def _changes(drift: Drift) -> str:
    if not drift.changes:
        return ""
    rows = "".join(map(_row, drift.changes[-MOST:]))
    return (
        "<section><h2>What was changed, the newest last</h2>"
        f'<div class="wide"><table>{rows}</table></div></section>\n'
    )


def _row(each: Change) -> str:
    when = f'<time datetime="{stamp(each.at)}">{moment(each.at)}</time>'
    return (
        f"<tr><td>{when}</td><td>{text(each.host or 'API', 80)}</td><td>{text(each.kind, 20)}</td>"
        f"<td>{text(each.says)}</td></tr>\n"
    )


def _list(title: str, items: list[str]) -> str:
    """``items`` are HTML already."""
    if not items:
        return ""
    return f"<section><h2>{title}</h2><ul>{''.join(f'<li>{each}</li>' for each in items)}</ul></section>\n"

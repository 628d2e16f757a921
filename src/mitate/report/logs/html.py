"""What logs say went wrong, as one HTML file that needs nothing else: no network, no script."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from importlib.resources import files

from mitate.model.log_answer import Answer, Group
from mitate.report import DEFAULTS, Options
from mitate.report.digest.verdict import MARK
from mitate.report.digest.web import document, text
from mitate.report.digest.words import clean_lines, listing
from mitate.report.logs.words import REST, at, failed, headline, often, read, source, state, when, where

ROOTS, ECHOES, OTHERS = 40, 40, 100


def render(answer: Answer, options: Options = DEFAULTS) -> str:
    style = files("mitate.report").joinpath("html.css").read_text(encoding="utf-8")
    told, said = state(answer), headline(answer)
    roots = failed(answer.groups)
    origins = "".join(_root(root, echoes) for root, echoes in roots[:ROOTS])
    more = f"<p>… and {len(roots) - ROOTS:,} more groups (--format json)</p>\n" if len(roots) > ROOTS else ""
    rest = "".join(
        _rest(title, [group for group in answer.groups if group.outcome is outcome])
        for outcome, title in REST.items()
    )
    body = f"""<header>
<h1 class="{told}">{MARK[told]} {escape(said)}</h1>
<p>{text(read(answer), 2000)}</p>
</header>
<main>
{origins}{more}{_compared(answer)}{rest}</main>
<footer>mitate logs errors</footer>
"""
    return document(escape(said), style, body)


def _root(group: Group, echoes: Sequence[Group]) -> str:
    code = f"<p>code: <code>{text(source(group))}</code></p>\n" if source(group) else ""
    requests = (
        f'<p class="about">requests: <code>{text(listing(list(group.request_ids), 5))}</code></p>\n'
        if group.request_ids
        else ""
    )
    why = f'<p class="about">{text(group.why)}</p>\n' if group.why else ""
    rows = "".join(
        f'<tr><td class="place">{text(echo.service or echo.project or "?", 60)}</td>'
        f"<td>{text(echo.template)}</td>"
        f"<td>{text(source(echo))}</td><td>{text(often(echo))}</td></tr>\n"
        for echo in echoes[:ECHOES]
    )
    opened = "<details open><summary>Its echoes, and the code near it</summary>"
    table = f"{opened}<table>\n{rows}</table></details>\n" if rows else ""
    host = f" on {text(where(group))}" if group.hosts else ""
    return f"""<article class="{"critical" if group.rank == 1 else "warning"}" id="group-{group.rank}">
<span class="label">{group.rank} · {text(group.service or group.project or "?", 60)}{host}</span>
<h2>{text(group.template)}</h2>
<p class="about">{text(often(group))} {text(when(group))}</p>
{code}{why}{requests}{_example(group)}{table}</article>
"""


def _example(group: Group) -> str:
    """With what the same process wrote around it."""
    parts = (
        ("before it", group.context, 20),
        (group.spot.file if group.spot else "", group.example, 60),
        ("after it", group.context_after, 20),
    )
    shown = ((title, "\n".join(clean_lines("\n".join(lines), most))) for title, lines, most in parts)
    return "".join(
        f"<figure><figcaption>{text(title, 200)}</figcaption><pre>{escape(said)}</pre></figure>\n"
        for title, said in shown
        if said
    )


def _compared(answer: Answer) -> str:
    rows = [
        (
            "slower",
            slow.service,
            f"{slow.what}: {slow.now_s:.1f} s, in the baseline at most {slow.baseline_s:.1f} s",
        )
        for slow in answer.slower[:OTHERS]
    ]
    rows += [("missing", lack.service, f"{lack.template}: {lack.says}") for lack in answer.missing[:OTHERS]]
    rows += [
        (
            "silent",
            quiet.service,
            f"on {quiet.host}" + (f" since {at(quiet.last):%H:%M:%S}" if quiet.last else ""),
        )
        for quiet in answer.silent[:OTHERS]
    ]
    cells = "".join(
        f'<tr><td>{kind}</td><td class="place">{text(service, 60)}</td><td>{text(said)}</td></tr>\n'
        for kind, service, said in rows
    )
    return (
        f"<section>\n<h2>Against the baseline</h2>\n<table>\n{cells}</table>\n</section>\n" if cells else ""
    )


def _rest(title: str, groups: Sequence[Group]) -> str:
    rows = "".join(
        f"<tr><td>{text(often(group))}</td>"
        f'<td class="place">{text(group.service or group.project or "?", 60)}</td>'
        f"<td>{text(group.template)}</td><td>{text(group.why)}</td></tr>\n"
        for group in groups[:OTHERS]
    )
    more = f"<p>… and {len(groups) - OTHERS:,} more</p>\n" if len(groups) > OTHERS else ""
    if not rows:
        return ""
    opened = f"<details><summary>{title}: {len(groups):,}</summary>"
    return f"<section>\n{opened}<table>\n{rows}</table>\n{more}</details>\n</section>\n"

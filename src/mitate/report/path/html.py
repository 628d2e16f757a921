"""The way of a packet as one HTML file that needs nothing else: the picture, and behind each part its proof.

A number in the picture leads to its hop, a device to what is known of it; that takes links and no script.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from html import escape
from importlib.resources import files

from mitate.model.diagnosis import State
from mitate.model.path_reasons import BY_CODE, LAYERS
from mitate.model.topology import Topology
from mitate.model.trace import Direction, Failure, Hop, Live, Path, Step, Trace
from mitate.report import DEFAULTS, Options
from mitate.report.digest.verdict import MARK
from mitate.report.digest.web import document, piece, text
from mitate.report.digest.words import clean_lines, count, listing, moment, stamp
from mitate.report.path.drawing import drawing, facts
from mitate.report.path.layout import Layout, layout
from mitate.report.path.scope import scope
from mitate.report.path.words import (
    AS_WANTED,
    CHANGES,
    SAID,
    SURE,
    TITLE,
    assumptions,
    begun,
    dead_at,
    devices,
    drops,
    fixes,
    headline,
    label,
    shown,
    sizes,
    state,
    told,
    where,
)
from mitate.report.path.words import (
    at as place_of,
)

SIGHTINGS = 500
TUNNELS = 500
_QUOTED = re.compile("`([^`]+)`")


def render(
    path: Path, options: Options = DEFAULTS, topology: Topology | None = None, whole: bool = False
) -> str:
    """topology: what the path is drawn on; without one, only what the path itself tells. whole: all of it."""
    drawn = scope(path, topology, whole)
    made, ways, mark = layout(drawn), shown(path), state(path)
    said = headline(path)
    reasons = [_reason(rank, failure, path) for rank, failure in enumerate(path.reasons, 1)]
    body = f"""<header>
{_cloud(path.cloud, path.taken_at)}<p>{text(path.asked)}</p>
<h1 class="{mark}">{MARK[mark]} {escape(said)}</h1>
{_sizes(path)}{_loud(path)}</header>
<main>
{"".join(reasons[:1])}<section>
<h2>The way</h2>
{_legend(ways)}<div class="picture">
{drawing(made, topology, path, ways)}</div>
{_left_out(drawn.left)}<div class="ways">
{"".join(_way(number, trace, path) for number, trace in enumerate(ways))}</div>
</section>
{"".join(reasons[1:])}{_live(path)}{_assumed(path)}{_devices(made)}{_between(topology)}</main>
<footer>mitate: {path.took_s:.3f} s</footer>
"""
    return document(f"{text(path.asked, 120)}: {escape(said)}", _style(), body)


def draw(topology: Topology, options: Options = DEFAULTS) -> str:
    drawn = scope(None, topology)
    made = layout(drawn)
    body = f"""<header>
{_cloud(topology.cloud, topology.taken_at)}<h1>How the hosts are wired</h1>
</header>
<main>
<section>
<div class="picture">
{drawing(made, topology, None, [])}</div>
{_left_out(drawn.left)}</section>
{_devices(made)}{_between(topology)}</main>
"""
    return document(f"{text(topology.cloud, 60)}: how the hosts are wired", _style(), body)


def _cloud(name: str, at: datetime) -> str:
    return f'<p>cloud <b>{text(name, 60)}</b>, <time datetime="{stamp(at)}">{moment(at)}</time></p>\n'


def _style() -> str:
    sheets = (("mitate.report", "html.css"), ("mitate.report.path", "path.css"))
    return "".join(files(package).joinpath(name).read_text(encoding="utf-8") for package, name in sheets)


def _sizes(path: Path) -> str:
    told = " · ".join(
        f'{size.bytes} <b class="state {size.state}">{size.mark}</b> {text(size.says)}'.rstrip()
        for size in sizes(path)
    )
    mtu = f"; path MTU <b>{path.path_mtu}</b>" if path.path_mtu else ""
    return f'<p class="sizes">{told}{mtu}</p>\n' if told else ""


def _loud(path: Path) -> str:
    if path.live is None or path.live.agrees is not False:
        return ""
    said = " ".join(text(words) for words in path.live.says)
    return f'<p class="loud">The probe saw something else than was predicted. {said}</p>\n'


# -- why ----------------------------------------------------------------------------------------------------


def _reason(rank: int, failure: Failure, path: Path) -> str:
    layer = LAYERS.get(failure.layer, text(failure.layer, 40))
    then, sure = "" if failure.first else ", had it come that far", SURE[failure.confidence]
    way_of = "" if failure.direction is Direction.FORWARD else f" ({TITLE[failure.direction]})"
    wanted = f"; {AS_WANTED}" if failure.code in path.as_wanted else ""
    pieces = "".join(piece(each, path.taken_at) for each in failure.evidence)
    opened = "<details open>" if rank == 1 else "<details>"
    evidence = f"{opened}<summary>Evidence</summary>\n{pieces}</details>\n" if pieces else ""
    read = ""
    if failure.code in BY_CODE:
        read = f'<p class="about">To read more: <code>mitate explain {failure.code}</code></p>\n'
    return f"""<article class="{"critical" if failure.first else "warning"}" id="reason-{rank}">
<span class="label">{rank} · {text(failure.code, 60)}</span>
<h2>{text(failure.says)}</h2>
<p class="about"><b class="place">{text(place_of(failure.at))}</b>{way_of}: {layer}{then}; {sure}{wanted}</p>
{_fix(failure)}{read}{evidence}</article>
"""


def _fix(failure: Failure) -> str:
    parts = []
    for words, is_command in fixes(failure):
        lines = "\n".join(escape(line) for line in clean_lines(words))
        sentence = _QUOTED.sub(r"<code>\1</code>", lines)
        parts.append(f"<pre><code>{lines}</code></pre>\n" if is_command else f"<p>{sentence}</p>\n")
    return f"<h3>Do next</h3>\n{''.join(parts)}" if parts else ""


# -- the ways -----------------------------------------------------------------------------------------------


def _legend(ways: list[Trace]) -> str:
    lines = {
        Direction.FORWARD: "whole line, round numbers",
        Direction.RETURN: "dashed line, square numbers",
        Direction.ICMP_ERROR: "dotted line",
    }
    said = " · ".join(f"<b>{TITLE[way.direction]}</b>: {lines[way.direction]}" for way in ways)
    return (
        f'<p class="legend">{said} · <b>✘</b> where the packet dies; what would have followed is faint. '
        "Numbers lead to hops, devices to what is known of them.</p>\n"
    )


def _left_out(hosts: int) -> str:
    return (
        f'<p class="legend">… and {count(hosts, "more host")} that the packet does not meet.</p>\n'
        if hosts
        else ""
    )


def _way(number: int, trace: Trace, path: Path) -> str:
    real, death = begun(path, trace), dead_at(trace)
    would = "" if real else ", had it been sent"
    hops = "".join(
        _hop(f"way-{number}-hop-{place}", place, hop, path, real, death)
        for place, hop in enumerate(trace.hops)
    )
    ended = trace.disposition
    mark = State.OK if ended.succeeds else State.UNKNOWN if ended.unknown else State.PROBLEM
    why = f" ({text(trace.reason, 60)})" if trace.reason else ""
    return f"""<div>
<h3>{TITLE[trace.direction]}{would}, {trace.size} bytes: {text(trace.flow, 120)}</h3>
<ol>
{hops}</ol>
<p class="state {mark}">{MARK[mark]} {SAID[ended]}{why}</p>
</div>
"""


def _hop(id: str, place: int, hop: Hop, path: Path, real: bool, death: tuple[int, int] | None) -> str:
    after = not real or (death is not None and place > death[0])
    steps = "".join(
        _step(step, path, after or (death is not None and (place, number) > death))
        for number, step in told(hop)
    )
    through = f' <span class="through">{escape(devices(hop))}</span>' if devices(hop) else ""
    would = " would" if after else ""
    return (
        f'<li class="hop{would}" id="{id}"><b>{place + 1}. {escape(where(hop))}</b>{through}\n'
        f"<ul>{steps}</ul></li>\n"
    )


def _step(step: Step, path: Path, would: bool) -> str:
    kind = "dead" if step.reason and not would else "changed" if step.kind in CHANGES else ""
    reason = f"{MARK[State.PROBLEM]} {text(step.reason, 60)}: " if step.reason else ""
    did = f'<span class="{kind}">{reason}{text(step.did)}</span>'
    said = f'<span class="label">{escape(label(step))}</span> {did}'
    if step.because is not None:
        said = f"<details><summary>{said}</summary>{piece(step.because, path.taken_at)}</details>"
    return f'<li class="would">{said}</li>' if would else f"<li>{said}</li>"


# -- what else ----------------------------------------------------------------------------------------------


def _live(path: Path) -> str:
    live = path.live
    if live is None:
        return ""
    agrees = {
        True: "agrees with the prediction",
        False: "does not agree with the prediction",
        None: "is too little",
    }
    facts = [f"<li>sent: {text(words)}</li>" for words in live.sent]
    if live.answered is not None:
        facts.append(f"<li>answered: {'yes' if live.answered else 'no'}</li>")
    if live.lost_after is not None:
        facts.append(f"<li>last seen: <b>{text(place_of(live.lost_after))}</b></li>")
    facts += [f"<li>dropped: {text(place_of(place))}, {text(why)}</li>" for place, why in drops(live)]
    facts += [f"<li>{text(words)}</li>" for words in live.says]
    title = f"<h2>What the probe saw {agrees[live.agrees]}</h2>\n<ul>{''.join(facts)}</ul>\n"
    return f"<section>\n{title}{_table(''.join(_sightings(live)))}</section>\n"


def _sightings(live: Live) -> Iterator[str]:
    for each in live.sightings[:SIGHTINGS]:
        what = "" if each.kind == "request" else f"{text(each.kind, 20)} "
        tunnel = f" in {text(each.tunnel, 60)}" if each.tunnel else ""
        yield (
            f"<tr><td>{each.time.strftime('%H:%M:%S.%f')}</td>"
            f'<td class="place">{text(place_of(each.at))}</td>'
            f"<td>{text(each.way, 8)}</td><td>{what}{text(each.packet, 120)}{tunnel}</td></tr>\n"
        )


def _assumed(path: Path) -> str:
    items = "".join(f"<li>{text(words)}</li>" for words in assumptions(path.traces))
    return f"<section>\n<h2>Assumed</h2>\n<ul>{items}</ul>\n</section>\n" if items else ""


def _devices(made: Layout) -> str:
    rows = "".join(
        f'<tr id="device-{row.number}"><td class="place">{text(row.device.at.host, 60) or "outside"}</td>'
        f"<td>{text(row.device.at.namespace, 80)}</td><td><code>{text(row.device.at.device, 60)}</code></td>"
        f"<td>{text(facts(row.device))} {text(', '.join(row.device.addresses[2:]), 1000)}</td></tr>\n"
        for row in made.rows.values()
    )
    return f"<section>\n<h2>Devices in the picture</h2>\n{_table(rows)}</section>\n" if rows else ""


def _table(rows: str) -> str:
    """It scrolls within the page where it is wider."""
    return f'<div class="picture"><table>\n{rows}</table></div>\n'


def _between(topology: Topology | None) -> str:
    if topology is None:
        return ""
    rows = [
        f'<tr><td class="place">{text(t.a, 60)}</td><td>{text(t.address_a, 50)}</td><td>{text(t.kind, 12)} '
        f"{text(listing([str(number) for number in t.numbers], 20))}</td><td>{text(t.address_b, 50)}</td>"
        f'<td class="place">{text(t.b, 60) or "nobody who was looked at"}</td>'
        f"<td>{'only one side knows of it' if t.both is False else ''}</td></tr>\n"
        for t in topology.tunnels[:TUNNELS]
    ]
    tunnels = f"<h2>Tunnels</h2>\n{_table(''.join(rows))}" if rows else ""
    if len(topology.tunnels) > TUNNELS:
        tunnels += f"<p>… and {count(len(topology.tunnels) - TUNNELS, 'more tunnel')}</p>\n"
    wires = "".join(
        f"<li><b>{text(segment.name, 80)}</b>{', external' if segment.external else ''}: "
        f"{text(listing([str(member) for member in segment.members], 20), 2000)}</li>"
        for segment in topology.segments[:100]
    )
    wires = f"<h2>Wires</h2>\n<ul>{wires}</ul>\n" if wires else ""
    unseen = "".join(f"<li>{text(words)}</li>" for words in topology.unseen[:100])
    unseen = f"<h2>Could not be seen</h2>\n<ul>{unseen}</ul>\n" if unseen else ""
    return f"<section>\n{tunnels}{wires}{unseen}</section>\n" if tunnels or wires or unseen else ""

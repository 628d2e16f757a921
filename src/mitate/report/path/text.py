"""The way of a packet for a person at a terminal: the verdict, why, and the way itself, hop by hop."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import zip_longest

from rich.console import Console
from rich.text import Text

from mitate.model.diagnosis import Evidence, State
from mitate.model.path_reasons import BY_CODE, LAYERS
from mitate.model.topology import Topology
from mitate.model.trace import Direction, Failure, Live, Path
from mitate.report import DEFAULTS, Options
from mitate.report.digest import lines
from mitate.report.digest.lines import hang, wrapped
from mitate.report.digest.verdict import MARK
from mitate.report.digest.words import clean, clean_lines, count, moment, place
from mitate.report.path import tree
from mitate.report.path.way import way
from mitate.report.path.words import (
    AS_WANTED,
    SURE,
    TITLE,
    assumptions,
    at,
    begun,
    drops,
    fixes,
    headline,
    shown,
    sizes,
    state,
)

BESIDE = 110
"""Columns from which on the reply stands beside the packet, not below it."""
BETWEEN = 2
GUTTER = 14
EVIDENCE = 4
"""Pieces of evidence shown of a reason; the other formats have all."""
LINES = 3
"""Rows shown of one piece of evidence."""
REASONS = 8
SIGHTINGS = 40

_STATE = {State.OK: "bold green", State.PROBLEM: "bold red", State.UNKNOWN: "bold yellow"}


def render(
    path: Path, options: Options = DEFAULTS, topology: Topology | None = None, whole: bool = False
) -> str:
    """Lines of at most ``options.width`` columns; only commands are never broken, for copying.

    whole: the topology follows, as ``draw`` shows it.
    """
    page = lines.page(options)
    for line in _lines(page, path):
        page.print(line, soft_wrap=True)
    after = f"\n{draw(topology, options)}" if topology is not None and whole else ""
    return lines.printed(page) + after


def draw(topology: Topology, options: Options = DEFAULTS) -> str:
    """A tree for each host, and the tunnels and wires between them."""
    page = lines.page(options)
    for line in tree.tree(page, topology):
        page.print(line, soft_wrap=True)
    return lines.printed(page)


def _lines(page: Console, path: Path) -> Iterator[Text]:
    yield Text.assemble("cloud ", (clean(path.cloud, 60), "bold"), (f"  {moment(path.taken_at)}", "dim"))
    yield from wrapped(page, Text(clean(path.asked)), page.width)
    yield Text()
    mark = state(path)
    lead = Text(f"{MARK[mark]} ", _STATE[mark])
    yield from hang(page, lead, Text(headline(path), _STATE[mark]))
    if path.live is not None and path.live.agrees is False:
        yield from _disagrees(page, path.live)
    yield from _sizes(page, path)
    for rank, failure in enumerate(path.reasons[:REASONS], 1):
        yield Text()
        yield from _reason(page, rank, failure, path)
    if len(path.reasons) > REASONS:
        yield Text(f"    … {count(len(path.reasons) - REASONS, 'more reason')} (--format json)", "dim")
    yield from _ways(page, path)
    if path.live is not None:
        yield Text()
        yield from _live(page, path.live)
    if assumed := assumptions(path.traces):
        yield Text()
        yield Text("Assumed", "bold yellow")
        for words in assumed:
            yield from hang(page, Text("    "), Text(clean(words)))
    if path.took_s:
        yield Text()
        took = path.took_s
        yield Text(f"{took:.1f} s" if took >= 1 else f"{took * 1000:.0f} ms", "dim")


def _sizes(page: Console, path: Path) -> Iterator[Text]:
    """84 ✔ · 1450 ✔ · 1500 ✘ fragmentation needed, told home"""
    said = Text()
    before = ""
    for size in sizes(path):
        said.append(" · " if said else "")
        said.append(f"{size.bytes} ").append(size.mark, _STATE[size.state])
        said.append(f" {size.says}" if size.says and size.says != before else "")
        before = size.says
    if said:
        mtu = f"; path MTU {path.path_mtu}" if path.path_mtu else ""
        yield from hang(page, Text("  sizes   ", "dim"), said.append(mtu, "dim"))


# -- why -----------------------------------------------------------------------------------------------------


def _reason(page: Console, rank: int, failure: Failure, path: Path) -> Iterator[Text]:
    style = "bold red" if failure.first else "bold yellow"
    yield from hang(page, Text(f"{rank:>2}  ", "bold"), Text(clean(failure.says, 600), "bold"))
    then = "" if failure.first else ", had it come that far"
    layer = LAYERS.get(failure.layer, clean(failure.layer, 40))
    yield from hang(
        page, _label("reason"), Text.assemble((clean(failure.code, 60), style), f"  {layer}{then}")
    )
    way_of = f"  ({TITLE[failure.direction]})" if failure.direction is not Direction.FORWARD else ""
    yield from hang(page, _label("where"), Text.assemble((at(failure.at), "cyan"), way_of))
    yield from hang(page, _label("sure"), Text(SURE[failure.confidence]))
    if failure.code in path.as_wanted:
        yield from hang(page, _label("wanted"), Text(AS_WANTED))
    if failure.evidence:
        yield from _labelled("seen", _evidence(page, failure, path))
    if failure.fix:
        yield from _labelled("do next", _next(page, failure))
    if failure.code in BY_CODE:
        yield from hang(page, _label("read"), Text(f"mitate explain {failure.code}", "green"))


def _evidence(page: Console, failure: Failure, path: Path) -> Iterator[Text]:
    for evidence in failure.evidence[:EVIDENCE]:
        yield from _piece(page, evidence, path)
    if len(failure.evidence) > EVIDENCE:
        more = count(len(failure.evidence) - EVIDENCE, "more piece")
        yield Text(f"… {more} of evidence (--format html)", "dim")


def _piece(page: Console, evidence: Evidence, path: Path) -> Iterator[Text]:
    room = page.width - GUTTER
    asked = Text.assemble(
        (clean(place(evidence.host), 60), "cyan"),
        (f"  {moment(evidence.at, path.taken_at)}  ", "dim"),
        (clean(evidence.asked, 140), "cyan"),
    )
    yield from wrapped(page, asked, room)
    rows = [row for line in clean_lines(evidence.excerpt) for row in wrapped(page, Text(line), room - 2)]
    for row in rows[:LINES]:
        yield Text.assemble("  ", row)
    if len(rows) > LINES:
        yield Text(f"  … {count(len(rows) - LINES, 'more line')}", "dim")


def _next(page: Console, failure: Failure) -> Iterator[Text]:
    for words, is_command in fixes(failure):
        for line in clean_lines(words):
            if is_command:
                yield Text(line, "green")
            else:
                yield from wrapped(page, Text(line), page.width - GUTTER)


def _label(name: str) -> Text:
    return Text(f"    {name:<{GUTTER - 4}}", "dim")


def _labelled(name: str, body: Iterator[Text]) -> Iterator[Text]:
    """The label stands before the first line; the others hang under it."""
    lead = _label(name)
    for line in body:
        yield Text.assemble(lead, line)
        lead = Text(" " * GUTTER)


# -- the ways ------------------------------------------------------------------------------------------------


def _ways(page: Console, path: Path) -> Iterator[Text]:
    ways = shown(path)
    if page.width < BESIDE or len(ways) < 2:
        for each in ways:
            yield Text()
            yield from way(page, each, page.width, begun(path, each))
        return
    room = (page.width - BETWEEN) // 2
    left, right, *others = ways
    yield Text()
    there = way(page, left, room, begun(path, left))
    back = way(page, right, room, begun(path, right))
    for one, other in zip_longest(there, back):
        line = Text() if one is None else one.copy()
        if other is not None:
            line.pad_right(room + BETWEEN - line.cell_len)
            line.append_text(other)
        line.rstrip()
        yield line
    for each in others:
        yield Text()
        yield from way(page, each, page.width, begun(path, each))


# -- live ----------------------------------------------------------------------------------------------------


def _disagrees(page: Console, live: Live) -> Iterator[Text]:
    yield Text()
    loud = Text("THE PROBE SAW SOMETHING ELSE THAN WAS PREDICTED", "bold white on red")
    yield from hang(page, Text("  "), loud)
    for words in live.says:
        yield from hang(page, Text("  "), Text(clean(words), "bold red"))


def _live(page: Console, live: Live) -> Iterator[Text]:
    mark, words = {
        True: (State.OK, "What the probe saw agrees with the prediction."),
        False: (State.PROBLEM, "What the probe saw is not what was predicted."),
        None: (State.UNKNOWN, "Too little of the probe was seen to say whether the prediction is right."),
    }[live.agrees]
    yield from hang(page, Text(f"{MARK[mark]} ", _STATE[mark]), Text(words, _STATE[mark]))
    for sent in live.sent:
        yield from hang(page, _label("sent"), Text(clean(sent)))
    if live.answered is not None:
        yield from hang(page, _label("answered"), Text("yes" if live.answered else "no"))
    if live.lost_after is not None:
        yield from hang(page, _label("last seen"), Text(at(live.lost_after), "bold red"))
    for where, why in drops(live):
        yield from hang(page, _label("dropped"), Text.assemble((at(where), "cyan"), f"  {why}"))
    yield from _labelled("seen", _sightings(page, live))
    if live.agrees is not False:
        for line in live.says:
            yield from hang(page, _label("note"), Text(clean(line)))


def _sightings(page: Console, live: Live) -> Iterator[Text]:
    first = min((each.time for each in live.sightings), default=None)
    for each in live.sightings[:SIGHTINGS]:
        assert first is not None
        after = (each.time - first).total_seconds() * 1000
        what = "" if each.kind == "request" else f"{clean(each.kind, 20)} "
        tunnel = f"  in {clean(each.tunnel, 60)}" if each.tunnel else ""
        said = Text.assemble(
            (f"+{after:7.2f} ms  ", "dim"),
            (at(each.at), "cyan"),
            f" {clean(each.way, 8)}  {what}{clean(each.packet, 90)}{tunnel}",
        )
        yield from wrapped(page, said, page.width - GUTTER)
    if len(live.sightings) > SIGHTINGS:
        yield Text(f"… {count(len(live.sightings) - SIGHTINGS, 'more sighting')} (--format json)", "dim")

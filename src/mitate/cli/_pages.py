"""The pages of the manual: every check, reason code, scheduler filter and fault of the practice cloud."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

import msgspec

from mitate.analyze.check import Check, all_checks
from mitate.analyze.placement.filters._filter import Filter, all_filters
from mitate.lab.faults import Fault, all_faults
from mitate.model.path_reasons import LAYERS, PATH_REASONS, PathReason
from mitate.model.reasons import REASONS, Reason

KINDS = {
    "check": "Checks",
    "reason": "Reasons",
    "path reason": "Reasons why a packet does not arrive",
    "filter": "Filters of Nova's scheduler",
    "fault": "Faults to practise on",
}


class Page(msgspec.Struct, frozen=True):
    """kind: one of KINDS. text: a first sentence, then headings with indented lines below them."""

    kind: str
    id: str
    title: str
    text: str


def pages() -> Iterator[Page]:
    """All of them, by kind."""
    yield from map(_of_check, all_checks())
    yield from map(_of_reason, REASONS)
    yield from map(_of_path_reason, PATH_REASONS)
    yield from map(_of_filter, all_filters().values())
    yield from map(_of_fault, all_faults().values())


def _of_check(check: Check) -> Page:
    looks = ", ".join(kind.__name__ for kind in check.needs)
    if check.helps:
        looks += f"; if there, also {', '.join(kind.__name__ for kind in check.helps)}"
    symptom = ", a symptom: another finding may explain it" if check.symptom else ""
    more = _sections({"Severity": f"{check.severity}{symptom}", "Looks at": looks})
    return Page("check", check.id, check.title, f"{check.manual.rstrip()}\n{more}")


def _of_reason(reason: Reason) -> Page:
    where = ", ".join(reason.layer)
    parts = {"Where it occurs": where, "What proves it": reason.proof, "Fix": reason.fix}
    return Page("reason", reason.code, reason.says, f"{reason.says}\n\n{_sections(parts)}")


def _of_path_reason(reason: PathReason) -> Page:
    parts = {"Where it occurs": LAYERS[reason.layer], "What proves it": reason.proof, "Fix": reason.fix}
    filled = {title: textwrap.fill(text, 100) for title, text in parts.items()}
    return Page("path reason", reason.code, reason.says, f"{reason.says}\n\n{_sections(filled)}")


def _of_filter(filter_: Filter) -> Page:
    manual = filter_.manual
    return Page("filter", filter_.name, manual.split("\n", 1)[0], f"{manual.rstrip()}\n")


def _of_fault(fault: Fault) -> Page:
    practise = f"mitate lab break {fault.id}\nmitate lab mend {fault.id}"
    parts = {
        "What a person sees": fault.sees,
        "What mitate finds": ", ".join(expected.id for expected in fault.expected),
        "To practise": practise,
    }
    return Page("fault", fault.id, fault.title, f"{fault.title}.\n\n{_sections(parts)}")


def _sections(parts: dict[str, str]) -> str:
    return "\n".join(f"{title}\n{textwrap.indent(text.strip(), '    ')}" for title, text in parts.items())

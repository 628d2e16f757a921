"""The answer on a terminal: what stands where, how wide, how long, and that no name can do harm."""

from __future__ import annotations

import re

import msgspec
import pytest
from rich.cells import cell_len

from mitate.model.placement import Explanation, Stage, StageLeft, Usage
from mitate.report import Options
from mitate.report.placement.groups import named, refusers
from mitate.report.placement.text import render
from mitate.report.placement.waterfall import cells, steps

ALL = ("candidate", "filtered", "echo", "fits", "blind", "many")


def section(text: str, title: str) -> list[str]:
    """The lines under a title."""
    found = re.search(rf"^{title}\n((?:.+\n)+)", text, re.MULTILINE)
    return found[1].splitlines() if found else []


def test_the_answer_comes_first(candidate: Explanation) -> None:
    lines = render(candidate).splitlines()
    assert lines[4] == "✘ No provider has 64 VCPU free, the most that any has is 30."
    assert lines[5].split() == ["stage", "placement", *["Placement", "has", "no", "candidate", "to", "offer"]]
    assert lines[6].strip() == "unmet     64 VCPU (flavour m1.huge)"


def test_everything_has_its_place(echo: Explanation) -> None:
    """First cause, waterfall, hosts, changes, resources, room, and what is not certain: in this order."""
    titles = [line for line in render(echo).splitlines() if re.match("[A-Z]", line)]
    assert titles == [
        "The first cause",
        "Hosts left after each stage",
        "Host by host",
        "The smallest changes that would give a host",
        "The hosts nearest to fitting",
        "What fits now",
        "Assumed",
        "Could not be seen",
    ]


def test_an_echo_names_what_came_before(echo: Explanation) -> None:
    said = section(render(echo), "The first cause")
    assert said[0].strip() == "Binding failed for the port of big1 on compute1: its agent is dead"
    assert any("PortBindingFailed: Binding failed" in line for line in said)
    assert said[-1].split() == ["read", "mitate", "explain", "port_binding_failed"]


def test_the_filter_at_fault_has_its_page(filtered: Explanation, candidate: Explanation) -> None:
    assert "mitate explain ServerGroupAntiAffinityFilter" in render(filtered)
    assert "mitate explain" not in render(candidate)


class TestWaterfall:
    def test_bars_shrink_and_what_was_lost_is_seen(self, filtered: Explanation) -> None:
        said = section(render(filtered), "Hosts left after each stage")
        counts = [[line.count(cell) for cell in "█▒░"] for line in said if re.search("[█▒░]", line)]
        widest = counts[0][0]
        assert [sum(each) for each in counts] == [
            widest,
            widest,
            widest,
            round(widest / 3),
            round(widest / 3),
        ]
        assert [bool(sure) for sure, _, _ in counts] == [True, True, True, True, False]
        assert [bool(doubt) for _, doubt, _ in counts] == [False, False, False, True, False]
        assert [bool(lost) for _, _, lost in counts] == [False, False, True, False, True]

    def test_nova_s_own_count_stands_beside_ours(self, filtered: Explanation) -> None:
        said = section(render(filtered), "Hosts left after each stage")
        assert said[0].split() == ["left", "Nova"]
        assert [line.split()[-3:] for line in said if "  Compute " in line] == [["−8", "5", "≠"]]
        assert [line.split()[-3:] for line in said if "AntiAffinity" in line] == [["0", "−4", "0"]]
        assert len({line.rindex("left") + 4 for line in said[:1]} | {re.search(r"12", said[1]).end()}) == 1  # type: ignore[union-attr]

    def test_a_long_one_tells_together_who_turned_nobody_away(self, many: Explanation) -> None:
        said = "\n".join(section(render(many), "Hosts left after each stage"))
        assert "… Number0Filter, Number1Filter, Number2Filter and 11 more: all 1,000" in said
        assert "… LastFilter, VeryLastFilter: nobody is left to be asked" in said
        assert "−4,000" in said

    def test_doubt_is_told_once(self, many: Explanation) -> None:
        """Lines that take over the doubts of the line above change nothing."""
        lines = [StageLeft(Stage.FILTERS, f"A{n}Filter", 9, unknown=2 if n > 1 else 0) for n in range(20)]
        shown = steps(lines)
        assert [(step.line.name, len(step.names)) for step in shown] == [
            ("A0Filter", 0),
            ("A1Filter", 0),
            ("A2Filter", 0),
            ("A19Filter", 17),
        ]
        text = render(msgspec.structs.replace(many, waterfall=tuple(lines)))
        assert text.count("2 of them only because it could not be told") == 1

    def test_a_no_of_nova_s_own_is_never_hidden(self, many: Explanation) -> None:
        line = StageLeft(Stage.FILTERS, "Number5Filter", 1000, nova_left=3)
        waterfall = [line if each.name == line.name else each for each in many.waterfall]
        assert line in [step.line for step in steps(waterfall) if not step.names]

    def test_whoever_remains_is_seen(self) -> None:
        assert cells(1, 5000, 20) == 1
        assert cells(0, 5000, 20) == 0

    def test_none_is_no_picture(self, blind: Explanation) -> None:
        assert "Hosts left" not in render(msgspec.structs.replace(blind, waterfall=()))


class TestHosts:
    def test_those_that_say_the_same_stand_together(self, filtered: Explanation) -> None:
        first, second = refusers(filtered)
        assert (first.by, first.hosts, len(first.alike)) == ("ComputeFilter", 8, 1)
        assert first.alike[0].says == "its service is disabled: maintenance"
        assert (second.by, second.hosts, len(second.alike)) == ("ServerGroupAntiAffinityFilter", 3, 3)

    def test_the_nearest_come_first(self, candidate: Explanation) -> None:
        """compute4 has the most, but lacks a trait besides."""
        [only] = refusers(candidate)
        assert [each.hosts for each in only.alike] == [("compute1", "compute2"), ("compute3",), ("compute4",)]

    def test_five_thousand_stay_readable(self, many: Explanation) -> None:
        text = render(many)
        said = section(text, "Host by host")
        assert len(said) <= 20
        assert any("and 3,726 more said: available 0 to 26" in line for line in said)
        assert any("idle0000, idle0001 +898" in line for line in said)
        assert len(text.splitlines()) <= 100

    def test_doubt_is_said(self, filtered: Explanation, blind: Explanation) -> None:
        assert "? az2-4: the NUMA topology of hosts is not told by the API" in render(filtered)
        assert "? compute0, compute1, compute2 and 1 more: MyFilter is not of Nova" in render(blind)

    def test_a_long_answer_is_cut_and_shows_it(self, candidate: Explanation) -> None:
        answer = msgspec.structs.replace(candidate.hosts[0], says="word " * 60, more=("again " * 60,))
        said = section(render(msgspec.structs.replace(candidate, hosts=(answer,))), "Host by host")
        assert len(said) == 3
        assert said[-1].endswith(" …")

    def test_names_that_do_not_fit_are_counted(self) -> None:
        assert named([f"n{n}" for n in range(5000)], 12) == "n0 +4,999"
        assert named(["x" * 200], 12) == "x" * 11 + "…"


def test_what_is_assumed_is_said_once(candidate: Explanation) -> None:
    wanted = msgspec.structs.replace(candidate.wanted, unseen=("its hints are not told",))
    assumptions = ("its hints are not told", "another")
    told = render(msgspec.structs.replace(candidate, wanted=wanted, assumptions=assumptions))
    assert [line.strip() for line in section(told, "Assumed")] == ["its hints are not told", "another"]


def test_changes_are_numbered_with_commands_and_risk(candidate: Explanation) -> None:
    said = "\n".join(section(render(candidate), "The smallest changes that would give a host"))
    assert re.search(r"^  1  ask for 28 VCPU or fewer\n     compute1, compute2 would take it", said)
    assert "  2  raise cpu_allocation_ratio of compute1 from 4 to 5.2\n" in said
    assert "     risk  more servers share each core" in said
    assert "     openstack flavor create m1.huge-28 --vcpus 28 --ram 2048 --disk 20" in said


def test_the_table_of_the_nearest_hosts(candidate: Explanation) -> None:
    said = section(render(candidate), "The hosts nearest to fitting")
    rows = {line.split()[0]: line.split()[1:] for line in said}
    assert "    VCPU           64             32 × 4 = 128     100      28  ✘ 36 short" in said
    assert rows["MEMORY_MB"] == ["2,048", "(65,536", "−", "512)", "=", "65,024", "12,288", "52,736", "✔"]
    assert "      no server may have more than 32 (max_unit)" in said
    assert "      held by web1 40, db1 30, db2 20 and 2 more" in said


def test_a_table_that_is_too_wide_leaves_out_how_the_capacity_comes(candidate: Explanation) -> None:
    wide, narrow = (
        "\n".join(section(render(candidate, Options(width=width)), "The hosts nearest to fitting"))
        for width in (80, 56)
    )
    assert "(65,536 − 512) = 65,024" in wide
    assert "65,536" not in narrow
    assert "65,024" in narrow


def test_what_nobody_told_is_unknown(candidate: Explanation) -> None:
    usage = Usage(host="a", resource_class="CUSTOM_GPU", wanted=1)
    said = section(
        render(msgspec.structs.replace(candidate, usages=(usage,))), "The hosts nearest to fitting"
    )
    assert said[1].split() == ["CUSTOM_GPU", "1", "?"]


def test_a_long_name_has_a_line_of_its_own(candidate: Explanation) -> None:
    usages = (msgspec.structs.replace(candidate.usages[0], host="rack1-node28.example.org"),)
    said = section(render(msgspec.structs.replace(candidate, usages=usages)), "The hosts nearest to fitting")
    assert said[0] == "  rack1-node28.example.org"
    assert said[1].split() == ["wanted", "capacity", "used", "free"]
    assert said[1].index("wanted") + 6 == said[2].index("64") + 2


def test_what_an_inventory_gives_to_nobody_is_a_no(candidate: Explanation) -> None:
    usage = Usage(host="a", resource_class="VCPU", wanted=3, capacity=8, used=0, step_size=2)
    said = section(
        render(msgspec.structs.replace(candidate, usages=(usage,))), "The hosts nearest to fitting"
    )
    assert said[1].endswith("✘")
    assert said[2].strip() == "only multiples of 2 are given (step_size)"


@pytest.mark.parametrize("width", [40, 64, 80, 110])
@pytest.mark.parametrize("name", ALL)
def test_it_is_as_wide_as_it_may_be(name: str, width: int, request: pytest.FixtureRequest) -> None:
    """Only commands are never broken."""
    explanation = request.getfixturevalue(name)
    free = [command for change in explanation.smallest_changes for command in change.commands]
    free += list(explanation.first_cause.fix) if explanation.first_cause else []
    for line in render(explanation, Options(width=width)).splitlines():
        whole = any(line.strip().endswith(command) for command in free)
        assert whole or cell_len(line) <= width, line


@pytest.mark.parametrize("name", ALL)
def test_colour_changes_nothing_but_the_colour(name: str, request: pytest.FixtureRequest) -> None:
    explanation = request.getfixturevalue(name)
    coloured = render(explanation, Options(colour=True))
    assert "\x1b[" in coloured
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == render(explanation)


def test_no_name_can_do_harm(hostile: list[Explanation]) -> None:
    for explanation in hostile:
        for text in (render(explanation), render(explanation, Options(width=40))):
            assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b\u202a-\u202e\u2066-\u2069]", text)
            assert len(text) < 18_000

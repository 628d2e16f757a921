"""What the commands of a Mend do to a case (see cases.py): a fake of OpenStack that knows these few."""

from __future__ import annotations

import copy
import re
import shlex
from typing import Any

from mitate.analyze.placement.answers import Mend
from tests.placement.filters.cases import Case


def mended(case: Case, mend: Mend) -> Case:
    """The case after a person did all that the mend says."""
    after = copy.deepcopy(case)
    option = re.match(
        r"(?:set \[(\w+)\] (\w+) = (\S+)|unset \[(\w+)\] (\w+)) in the schedulers'", mend.change
    )
    if option:
        section, name, value = option[1] or option[4], option[2] or option[5], option[3]
        after["options"] = [each for each in after["options"] if each[:2] != [section, name]]
        after["options"] += [[section, name, value]] if value else []
    for command in mend.commands:
        _run(after, shlex.split(command))
    return after


def _run(case: Case, words: list[str]) -> None:
    if words[0] == "ssh":
        if words[-1] == "nova-compute.service":
            case["host"]["service"]["up"] = True
        return
    assert words.pop(0) == "openstack"
    if words[0] == "--os-compute-api-version":
        words = words[2:]
    plain, given = _parted(words)
    for length in (3, 2):
        does = _COMMANDS.get(" ".join(plain[:length]))
        if does:
            does(case, plain[length:], given)
            return
    raise AssertionError(f"an unknown command: {words}")


def _parted(words: list[str]) -> tuple[list[str], dict[str, list[str]]]:
    """Plain words, and the values of each option."""
    plain: list[str] = []
    given: dict[str, list[str]] = {}
    rest = iter(words)
    for word in rest:
        if word in ("--enable", "--up", "--live-migration"):
            given[word] = []
        elif word.startswith("--"):
            given.setdefault(word, []).append(next(rest))
        else:
            plain.append(word)
    return plain, given


def _aggregate(case: Case, name: str) -> dict[str, Any]:
    return next(each for each in case["host"]["aggregates"] if each["name"] == name)


def _join(case: Case, plain: list[str], given: dict[str, list[str]]) -> None:
    joined = next(each for each in case["other_aggregates"] if each["name"] == plain[0])
    case["other_aggregates"].remove(joined)
    case["host"]["aggregates"].append(joined)


def _leave(case: Case, plain: list[str], given: dict[str, list[str]]) -> None:
    case["host"]["aggregates"].remove(_aggregate(case, plain[0]))


def _set_aggregate(case: Case, plain: list[str], given: dict[str, list[str]]) -> None:
    _aggregate(case, plain[0])["metadata"] |= dict(pair.split("=", 1) for pair in given["--property"])


def _unset_flavor(case: Case, plain: list[str], given: dict[str, list[str]]) -> None:
    specs = case["request"]["extra_specs"]
    specs[:] = [each for each in specs if each[0] not in given["--property"]]


def _unset_image(case: Case, plain: list[str], given: dict[str, list[str]]) -> None:
    properties = case["request"]["image"]["properties"]
    assert {each[0] for each in properties} >= set(given["--property"])
    properties[:] = [each for each in properties if each[0] not in given["--property"]]


def _set_image(case: Case, plain: list[str], given: dict[str, list[str]]) -> None:
    image = case["request"]["image"]
    now = dict(image["properties"]) | dict(pair.split("=", 1) for pair in given["--property"])
    image["properties"] = [list(pair) for pair in now.items()]


def _set_service(case: Case, plain: list[str], given: dict[str, list[str]]) -> None:
    service = case["host"]["service"]
    if "--enable" in given:
        service["enabled"] = True
    if "--up" in given:
        service |= {"forced_down": False, "up": True}


def _migrate(case: Case, plain: list[str], given: dict[str, list[str]]) -> None:
    host = case["host"]
    host["servers"].remove(plain[0])
    host["hypervisor"]["running_vms"] -= 1
    host["stats"]["num_instances"] -= 1


def _make_group(case: Case, plain: list[str], given: dict[str, list[str]]) -> None:
    rule = given.get("--rule", ["=1"])[0].partition("=")[2]
    case["new_group"] = {
        "name": plain[0],
        "policy": given["--policy"][0],
        "max_per_host": int(rule),
        "members": [],
    }


def _create(case: Case, plain: list[str], given: dict[str, list[str]]) -> None:
    asked = case["request"]
    hints = [list(each.split("=", 1)) for each in given.get("--hint", [])]
    groups = [value for name, value in hints if name == "group"]
    if groups == ["NEW_GROUP_ID"]:
        asked["group"] = case.pop("new_group")
    elif not groups:
        asked["group"] = None
    asked["hints"] = [each for each in hints if each[0] != "group"]
    asked["zone"] = given.get("--availability-zone", [""])[0]
    asked["server_id"] = ""
    if asked["image"] is None or asked["from_volume"]:
        assert asked["from_volume"] is ("--volume" in given or "--image" in given)
    assert asked["flavor"] in given["--flavor"]


_COMMANDS = {
    "aggregate add host": _join,
    "aggregate remove host": _leave,
    "aggregate set": _set_aggregate,
    "compute service set": _set_service,
    "flavor unset": _unset_flavor,
    "image set": _set_image,
    "image unset": _unset_image,
    "server create": _create,
    "server group create": _make_group,
    "server migrate": _migrate,
}

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import msgspec

from mitate.analyze.placement.answers import Refusal, Unseen
from mitate.analyze.placement.cloud import Cloud, HostState
from mitate.analyze.placement.filters._filter import refuse, scheduler_filter
from mitate.analyze.placement.filters._mends import drop_hint
from mitate.analyze.placement.filters._state import ATTRIBUTES, cpu_info, told
from mitate.analyze.words import short
from mitate.model.placement import Wanted

DEPTH = 64
"""A query is nested no deeper; Nova itself has no limit but Python's."""


class Broken(Exception):
    """Nova's scheduler would fail on the query."""


@scheduler_filter("JsonFilter")
def json(host: HostState, wanted: Wanted, cloud: Cloud) -> Refusal | None:
    """A host must meet the query that the hint query holds.

    What it means
        The request says ``--hint query='[">=", "$free_ram_mb", 1024]'`` or the like, and what the scheduler
        knows of this host does not meet it. A variable that does not exist is left out of its comparison, and
        a comparison with one value only is false: a slip in a name refuses every host.
    Why it happens
        The query asks for more than any host has, or it has a slip. Memory and disk are in MiB there, and
        what is free is counted without any ratio of overcommitment.
    Look again
        openstack --os-compute-api-version 2.53 hypervisor show HOST
    Fix
        Ask without the hint, or with a query that can be met.
    """
    queries = wanted.hint("query")
    if not queries or queries == ("",):
        return None
    try:
        if len(queries) > 1:
            raise Broken("the hint query was given several times")
        result = _evaluate(_decoded(queries[0]), host, cloud)
        yes = any(result) if isinstance(result, list) else bool(result)
        says = f"host {host.host} does not meet the query {short(queries[0])}"
    except Broken as why:
        yes, says = False, f"Nova's scheduler fails on the query {short(queries[0])}: {why}"
    if yes:
        return None
    return refuse(
        "JsonFilter",
        says,
        wanted=short(queries[0]),
        available="not met",
        seen=(host.hypervisor,),
        mends=(drop_hint(wanted, "query"),),
    )


def _decoded(text: str) -> Any:
    try:
        return msgspec.json.decode(text)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        raise Broken("it is not JSON") from None


def _evaluate(query: Any, host: HostState, cloud: Cloud, depth: int = 0) -> Any:
    """A list is an operation and its arguments; what comes out is a truth value, or a list of them for "not".

    Raises Broken, or Unseen when a variable is not told.
    """
    if not query:
        return True
    if depth > DEPTH:
        raise Broken(f"it is nested more than {DEPTH} deep")
    if not isinstance(query, list) or not isinstance(query[0], str) or query[0] not in _OPERATIONS:
        raise Broken("it does not begin with an operation")
    arguments = []
    for each in query[1:]:
        value = each
        if isinstance(each, list):
            value = _evaluate(each, host, cloud, depth + 1)
        elif isinstance(each, str):
            value = _variable(each, host, cloud)
        if value is not None:
            arguments.append(value)
    try:
        return _OPERATIONS[query[0]](arguments)
    except TypeError:
        raise Broken("it compares what cannot be compared") from None


def _variable(text: str, host: HostState, cloud: Cloud) -> Any:
    """``$name`` or ``$name.key`` is what is known of the host, any other text is itself, "" nothing."""
    if not text.startswith("$"):
        return text or None
    name, *keys = text[1:].split(".")
    if name not in ATTRIBUTES:
        return None
    if name == "service" and host.service and keys in (["host"], ["disabled"]):
        return host.service.host if keys == ["host"] else not host.service.enabled
    if name == "cpu_info":
        if not keys:
            raise Unseen(f"how {host.host} writes its cpu_info is not told")
        cpu_info(host)
        raise Broken("cpu_info is a text and has no members")
    value = told(host, name, cloud)
    if keys:
        raise Broken(f"{name} has no members")
    return value


def _compare(does: Callable[[Any, Any], Any]) -> Callable[[list[Any]], bool]:
    """The first against each of the rest; one alone is false."""

    def compare(values: list[Any]) -> bool:
        answers = [does(values[0], each) for each in values[1:]]  # all of them: any may be broken
        return len(values) > 1 and all(answers)

    return compare


_OPERATIONS: dict[str, Callable[[list[Any]], Any]] = {
    "=": _compare(operator.eq),
    "<": _compare(operator.lt),
    ">": _compare(operator.gt),
    "<=": _compare(operator.le),
    ">=": _compare(operator.ge),
    "in": lambda values: len(values) > 1 and values[0] in values[1:],
    "not": lambda values: [not each for each in values],
    "or": any,
    "and": all,
}

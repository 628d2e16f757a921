"""What may be filled into the slots of a question, by kind: nothing that could become another question.

No kind takes a character that means something to a shell, or that ends a path or a query's value.
"""

from __future__ import annotations

import re

_UUID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_ID = rf"(?:(?:req-)?{_UUID}|[0-9a-f]{{8}}-[0-9a-f]{{2}}|instance-[0-9a-f]{{8}})"
_SUFFIX = r"(?:[a-zA-Z0-9_-]{1,64})?"
_LOG = r"(?:/[A-Za-z0-9_.:+-]+(?:/[A-Za-z0-9_.:+-]+){0,20}|journal:[A-Za-z0-9_.@-]{1,200})"
_PARAMETER = (
    rf"(?:(?:resources|required|member_of|in_tree){_SUFFIX}|group_policy|limit|root_required|same_subtree)"
    r"=(?:[A-Za-z0-9_,:!.-]|%2C|%3A|%21){1,4000}"
)

KINDS = {
    "uuid": re.compile(_UUID),
    "request": re.compile(rf"req-{_UUID}"),
    "id": re.compile(rf"(?:req-)?{_UUID}"),
    "ids": re.compile(rf"{_ID}(?:,{_ID}){{0,99}}"),
    "epoch": re.compile(r"[0-9]{1,11}"),
    "name": re.compile(r"(?:[A-Za-z0-9_.~-]|%[0-9A-F]{2}){1,255}"),
    "query": re.compile(rf"{_PARAMETER}(?:&{_PARAMETER}){{0,99}}"),
    "examples": re.compile(
        rf"{_LOG}=[0-9]{{1,11}}\.[0-9]{{3}}=[0-9]{{1,10}}(?:,{_LOG}=[0-9]{{1,11}}\.[0-9]{{3}}=[0-9]{{1,10}}){{0,9}}"
    ),
    "filter": re.compile(r"name|host"),
}
"""uuid: as OpenStack writes them. request: the id of a request. ids: of anything, between commas; also the
part of a port's id that names its device, and libvirt's name of a server. epoch: seconds since 1970. name:
urlencoded. query: of ``GET /allocation_candidates``, with the parameters that Placement knows up to 1.39.
filter: what narrows a list of servers. examples: events in logs, as LOG=SECONDS=PROCESS between commas; which
logs can be read is no matter of the slot."""
LONGEST = 8000


def fits(kind: str, value: str) -> bool:
    """Whether the whole value is of that kind.

    >>> fits("uuid", "8fd71303-f915-4cbc-bc8f-70ed05ab1dfe"), fits("uuid", "8fd71303/../flavors")
    (True, False)
    >>> fits("query", "resources=VCPU:1&required=!CUSTOM_A"), fits("query", "resources=VCPU:1&project_id=x")
    (True, False)
    """
    return len(value) <= LONGEST and KINDS[kind].fullmatch(value) is not None and value not in (".", "..")

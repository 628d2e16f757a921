"""Which namespace holds the other end of each veth of a host.

Of an end that is in another namespace ``ip`` tells its index there, and a number that the asking namespace
has for that one. ``ip netns list``, asked in the same namespace, has names for the numbers; it is asked where
many cables end, in the host's own and in that of the floating IPs of DVR. From the other namespaces one looks
back: the counterpart is the veth that has the wanted index, and tells this one's index as its peer's.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

import msgspec

from mitate.model.net import Link


class End(msgspec.Struct):
    """An interface. number, name: what was told of the namespace of its peer."""

    link: Link
    number: int | None
    name: str


def with_peers(ends: Sequence[End], names: Mapping[tuple[str, int], str]) -> list[Link]:
    """The links, ``peer_namespace`` filled in where it is sure. names: by the asking namespace and number.

    It stays None where more than one counterpart fits, or the peer's namespace was not seen.
    """
    links = [end.link for end in ends]
    found: list[str | None] = [
        end.name or (None if end.number is None else names.get((end.link.namespace, end.number)))
        for end in ends
    ]
    known = {(link.namespace, link.index): at for at, link in enumerate(links)}
    for link, space in zip(links, tuple(found), strict=True):
        there = known.get((space, link.peer_index or 0)) if space is not None else None
        if there is not None and links[there].peer_index == link.index:
            found[there] = link.namespace
    unnamed: dict[tuple[int, int], list[int]] = defaultdict(list)
    named = {space for space, _ in names}
    for at, link in enumerate(links):
        # where names were told, a veth without one leads to where nobody looked
        if found[at] is None and link.peer_index is not None and link.namespace not in named:
            unnamed[link.index, link.peer_index].append(at)
    for (index, peer), here in unnamed.items():
        both = here if index == peer else here + unnamed.get((peer, index), [])
        if len(both) == 2 and links[both[0]].namespace != links[both[1]].namespace:
            found[both[0]], found[both[1]] = links[both[1]].namespace, links[both[0]].namespace
    return [
        link if space is None else msgspec.structs.replace(link, peer_namespace=space)
        for link, space in zip(links, found, strict=True)
    ]

"""Which namespace holds the other end of each veth of a host.

Of an end that is in another namespace ``ip`` tells its index there, and a number that the asking namespace
has for that one. ``ip netns list``, asked in the host's own namespace, has the names for the host's numbers.
A namespace may call the host's own any number, and no name stands for it. So from there one looks back: the
counterpart is the veth that has the wanted index, and names this one's index as that of its other end.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

import msgspec

from mitate.model.net import Link


def with_peers(links: Sequence[Link], numbers: Sequence[int | None], names: Mapping[int, str]) -> list[Link]:
    """numbers: what each link's namespace calls that of its peer. names: of the numbers of the host's own.

    ``peer_namespace`` stays None where it is not sure, and where the peer's namespace was not seen.
    """
    found: list[str | None] = [None] * len(links)
    known = {(link.namespace, link.index): at for at, link in enumerate(links)}
    for at, (link, number) in enumerate(zip(links, numbers, strict=True)):
        space = names.get(number) if number is not None and link.namespace == "" else None
        if space is not None:
            found[at] = space
            there = known.get((space, link.peer_index or 0))
            if there is not None and links[there].peer_index == link.index:
                found[there] = ""
    unnamed: dict[tuple[int, int], list[int]] = defaultdict(list)
    for at, link in enumerate(links):
        # with names at hand, a veth of the host without one leads to where nobody looked
        if found[at] is None and link.peer_index is not None and not (names and link.namespace == ""):
            unnamed[link.index, link.peer_index].append(at)
    for (index, peer), here in unnamed.items():
        both = here if index == peer else here + unnamed.get((peer, index), [])
        if len(both) == 2 and links[both[0]].namespace != links[both[1]].namespace:
            found[both[0]], found[both[1]] = links[both[1]].namespace, links[both[0]].namespace
    return [
        link if space is None else msgspec.structs.replace(link, peer_namespace=space)
        for link, space in zip(links, found, strict=True)
    ]

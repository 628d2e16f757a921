"""``mitate placement``: what is asked of the cloud, and what it means. Wires collect and analyze together."""

from __future__ import annotations

from mitate.app import Truth
from mitate.collect.look import Progress
from mitate.model.placement import Explanation, Given


async def explain_placement(
    truth: Truth, server: str = "", given: Given = Given(), progress: Progress | None = None
) -> Explanation:
    """Why a request gets a host or none. server: name or id of one that was asked for, "" for one given alone.

    Raises CannotStart for a server, flavour or image that does not exist, and where nothing can be asked.
    """
    raise NotImplementedError

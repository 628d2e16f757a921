"""Which code failed: of a traceback the innermost frame of a service's own code, else by the logger."""

from __future__ import annotations

import re
from collections.abc import Sequence

from mitate.analyze.logs.routes import answering
from mitate.model.logs import Event, Frame
from mitate.model.recognise import PROJECTS

_OWN = frozenset(PROJECTS)
_SHELLS = re.compile(
    r"(?:nova/exception_wrapper|nova/safe_utils|nova/api/openstack/wsgi|nova/api/openstack/__init__"
    r"|nova/api/validation/__init__|nova/hooks|placement/wsgi_wrapper|placement/microversion|placement/handler"
    r"|placement/fault_wrap|placement/auth|placement/requestlog|placement/util|placement/db_api"
    r"|neutron/api/v2/resource|neutron/common/utils|neutron/wsgi|neutron/pecan_wsgi/.*"
    r"|keystone/server/.*|keystone/common/manager|keystone/common/cache/.*|keystone/notifications"
    r"|glance/common/wsgi|glance/common/utils|glance/notifier|cinder/api/openstack/wsgi|.*/tests/.*)\.py$"
)
"""Code around the code: it passes on what other code raised, and is only named when no other is there."""


def own(frame: Frame) -> bool:
    """Whether it is a service's code, and not that of a library.

    >>> own(Frame("nova/virt/driver.py", "spawn", 1)), own(Frame("oslo_db/api.py", "wrapper", 1))
    (True, False)
    """
    return frame.file.partition("/")[0] in _OWN and "/" in frame.file


def shell(frame: Frame) -> bool:
    """Whether it only passes on what other code raised."""
    return _SHELLS.match(frame.file) is not None


def innermost(frames: Sequence[Frame]) -> Frame | None:
    mine = [frame for frame in frames if own(frame)]
    return next((frame for frame in reversed(mine) if not shell(frame)), None) or (mine[-1] if mine else None)


def by_logger(logger: str) -> Frame | None:
    """The file that a logger is called after.

    >>> by_logger("nova.compute.manager").file
    'nova/compute/manager.py'
    """
    parts = logger.split(".")
    if parts[0] not in _OWN or len(parts) < 2 or not re.fullmatch(r"[\w.]+", logger):
        return None
    file = "/".join(parts) + ".py"
    return None if _SHELLS.match(file) else Frame(file, "", 0)


def by_route(project: str, path: str) -> Frame | None:
    file = answering(project, path)
    return Frame(file, "", 0) if file else None


def origin(event: Event) -> Frame | None:
    """The code that failed, as the event itself tells it: a callee's where it sent its traceback along."""
    return innermost(event.remote) or innermost(event.frames) or by_logger(event.logger)

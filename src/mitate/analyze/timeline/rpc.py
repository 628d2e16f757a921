"""Who asks whom by RPC, and whether they wait: as Nova's and Neutron's code does it for each action.

Sources: nova/conductor/rpcapi.py, nova/scheduler/rpcapi.py, nova/compute/rpcapi.py (call: ``cctxt.call``
waits for the reply; cast: ``cctxt.cast`` does not), nova/compute/manager.py, neutron/agent/rpc.py.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

import msgspec

from mitate.analyze.askers import BY_HTTP, BY_RPC
from mitate.model.logs import Frame


class Step(msgspec.Struct, frozen=True):
    """caller, callee: services; of computes with the role that they have (source, destination)."""

    caller: str
    callee: str
    how: str
    method: str


_SCHEDULE = (Step("nova-conductor", "nova-scheduler", "call", "select_destinations"),)
_BUILD = (
    Step("nova-api", "nova-conductor", "cast", "schedule_and_build_instances"),
    *_SCHEDULE,
    Step("nova-conductor", "nova-compute", "cast", "build_and_run_instance"),
)
_MIGRATE = (
    Step("nova-api", "nova-conductor", "cast", "migrate_server"),
    *_SCHEDULE,
    Step("nova-conductor", "nova-compute", "cast", "prep_resize"),
    Step("nova-compute", "nova-compute", "cast", "resize_instance"),
    Step("nova-compute", "nova-compute", "cast", "finish_resize"),
)
_LIVE = (
    Step("nova-api", "nova-conductor", "cast", "live_migrate_instance"),
    *_SCHEDULE,
    Step("nova-conductor", "nova-compute", "call", "check_can_live_migrate_destination"),
    Step("nova-compute", "nova-compute", "call", "check_can_live_migrate_source"),
    Step("nova-conductor", "nova-compute", "cast", "live_migration"),
    Step("nova-compute", "nova-compute", "call", "pre_live_migration"),
    Step("nova-compute", "nova-compute", "call", "post_live_migration_at_destination"),
)
STEPS: dict[str, tuple[Step, ...]] = {
    "create": _BUILD,
    "migrate": _MIGRATE,
    "resize": _MIGRATE,
    "live-migration": _LIVE,
    "evacuate": (
        Step("nova-api", "nova-conductor", "cast", "rebuild_instance"),
        *_SCHEDULE,
        Step("nova-conductor", "nova-compute", "cast", "rebuild_instance"),
    ),
    "rebuild": (
        Step("nova-api", "nova-conductor", "cast", "rebuild_instance"),
        Step("nova-conductor", "nova-compute", "cast", "rebuild_instance"),
    ),
    "unshelve": (
        Step("nova-api", "nova-conductor", "cast", "unshelve_instance"),
        *_SCHEDULE,
        Step("nova-conductor", "nova-compute", "cast", "unshelve_instance"),
    ),
    "confirmResize": (Step("nova-api", "nova-compute", "cast", "confirm_resize"),),
    "revertResize": (
        Step("nova-api", "nova-compute", "cast", "revert_resize"),
        Step("nova-compute", "nova-compute", "cast", "finish_revert_resize"),
    ),
    "delete": (Step("nova-api", "nova-compute", "cast", "terminate_instance"),),
    "start": (Step("nova-api", "nova-compute", "cast", "start_instance"),),
    "stop": (Step("nova-api", "nova-compute", "cast", "stop_instance"),),
    "reboot": (Step("nova-api", "nova-compute", "cast", "reboot_instance"),),
    "attach_volume": (Step("nova-api", "nova-compute", "cast", "attach_volume"),),
    "detach_volume": (Step("nova-api", "nova-compute", "cast", "detach_volume"),),
    "attach_interface": (Step("nova-api", "nova-compute", "call", "attach_interface"),),
    "detach_interface": (Step("nova-api", "nova-compute", "cast", "detach_interface"),),
}
"""By Nova's name of the action (nova/compute/instance_actions.py)."""

_CALLEES = (
    *((file, service) for file, _, service in (*BY_RPC, *BY_HTTP)),
    (re.compile(r"neutron/(?:agent/rpc|agent/\w+/agent|api/rpc/.*|common/rpc)\.py"), "neutron-server"),
    (re.compile(r"neutronclient/"), "neutron-server"),
    (re.compile(r"glanceclient/"), "glance-api"),
    (re.compile(r"cinderclient/"), "cinder-api"),
)


def callee_of(frames: Iterable[Frame]) -> tuple[str, str]:
    """(service, method) that a traceback was asking when it failed, innermost first; "" for what it does not
    tell.
    """
    for frame in reversed(tuple(frames)):
        for pattern, service in _CALLEES:
            if pattern.match(frame.file):
                return service, frame.function
    return "", ""

"""What befell one server, the newest first; of the newest two actions every event.

>>> from mitate.collect.sources._sample import told
>>> told(server_events, '''[{"action": "create", "instance_uuid": "9f9a", "message": "Error",
...     "request_id": "req-1", "start_time": "2026-11-22T15:32:36.000000", "whole": {"events": [
...     {"event": "conductor_schedule_and_build_instances", "host": "controller", "result": "Error",
...     "details": "No valid host was found."}]}}]''', "api")
ServerEvent server_id=9f9a action=create request_id=req-1 result=Error message=Error \
started_at=2026-11-22 15:32:36+00:00
ServerEvent server_id=9f9a action=create request_id=req-1 event=conductor_schedule_and_build_instances \
host=controller result=Error message=No valid host was found.
"""

from __future__ import annotations

from collections.abc import Iterator

from mitate.collect.question import Again, Answer, ApiQuestion, source
from mitate.collect.sources._json import records
from mitate.collect.sources._server_events import ACTION, EVENT, MICROVERSION, OLDER, events
from mitate.model.placement import ServerEvent


@source(
    ApiQuestion(
        name="server_events",
        slots=(("server", "uuid"),),
        service="compute",
        path="/servers/{server}/os-instance-actions",
        key="instanceActions",
        microversion=MICROVERSION,
        older=OLDER,
        keep=("instance_uuid", *ACTION, *(f"whole.events.{name}" for name in EVENT)),
        again=(
            Again(
                path="/servers/{instance_uuid}/os-instance-actions/{request_id}",
                key="instanceAction",
                into="whole",
                most=2,
            ),
        ),
        pages=1,
    ),
    ServerEvent,
)
def server_events(answer: Answer) -> Iterator[ServerEvent]:
    for row in records(answer.text):
        yield from events(answer.source, row.must("instance_uuid"), row, row.rows("whole.events"))

"""What befell one server, the newest first, deleted ones included; of the newest twelve actions every event.

>>> from mitate.collect.sources._sample import told
>>> told(server_history, '''[{"action": "create", "instance_uuid": "9f9a", "request_id": "req-1",
...     "start_time": "2026-11-22T15:32:36.000000", "whole": {"events": [
...     {"event": "compute__do_build_and_run_instance", "host": "compute1", "result": "Success"}]}}]''',
...     "api")
ServerEvent server_id=9f9a action=create request_id=req-1 started_at=2026-11-22 15:32:36+00:00
ServerEvent server_id=9f9a action=create request_id=req-1 event=compute__do_build_and_run_instance \
host=compute1 result=Success
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from mitate.collect.question import Answer, ApiQuestion, source
from mitate.collect.sources.server_events import server_events
from mitate.model.placement import ServerEvent

assert isinstance(server_events.question, ApiQuestion)


@source(
    msgspec.structs.replace(
        server_events.question,
        name="server_history",
        again=tuple(msgspec.structs.replace(each, most=12) for each in server_events.question.again),
    ),
    ServerEvent,
)
def server_history(answer: Answer) -> Iterator[ServerEvent]:
    yield from server_events.parse(answer)  # type: ignore[misc] # it tells of events only

"""What befell the servers in ERROR: their actions, and the events of the newest one (twenty servers at most).

>>> from mitate.collect.sources._sample import told
>>> told(failed_servers, '''[{"id": "9f9a", "actions": [{"action": "create", "request_id": "req-1",
...     "message": "Error"}], "newest": {"request_id": "req-1", "events": [
...     {"event": "compute__do_build_and_run_instance", "host": "compute1", "result": "Error",
...     "traceback": "BuildAbortException: Build aborted"}]}}]''', "api")
ServerEvent server_id=9f9a action=create request_id=req-1 result=Error message=Error
ServerEvent server_id=9f9a action=create request_id=req-1 event=compute__do_build_and_run_instance \
host=compute1 result=Error message=BuildAbortException: Build aborted
"""

from __future__ import annotations

from collections.abc import Iterator

from mitate.collect.question import Again, Answer, ApiQuestion, source
from mitate.collect.sources._json import records
from mitate.collect.sources._server_events import ACTION, EVENT, MICROVERSION, OLDER, events
from mitate.model.placement import ServerEvent

MOST = 20


@source(
    ApiQuestion(
        name="failed_servers",
        limit=16_000_000,
        service="compute",
        path="/servers?all_tenants=1&status=ERROR",
        key="servers",
        microversion=MICROVERSION,
        older=OLDER,
        keep=(
            "id",
            *(f"actions.{name}" for name in ACTION),
            "newest.request_id",
            *(f"newest.events.{name}" for name in EVENT),
        ),
        again=(
            Again(path="/servers/{id}/os-instance-actions", key="instanceActions", into="actions", most=MOST),
            Again(
                path="/servers/{id}/os-instance-actions/{actions.0.request_id}",
                key="instanceAction",
                into="newest",
                most=MOST,
            ),
        ),
        pages=1,
    ),
    ServerEvent,
)
def failed_servers(answer: Answer) -> Iterator[ServerEvent]:
    for row in records(answer.text):
        for action in row.rows("actions"):
            newest = action.text("request_id") == row.text("newest.request_id")
            told = row.rows("newest.events") if newest else ()
            yield from events(answer.source, row.must("id"), action, told)

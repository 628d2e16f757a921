"""The explanation for programs: schema ``mitate.placement/1``.

No key of a schema version is ever renamed or dropped; keys may be added. Lists keep their own, stable order.
"""

from __future__ import annotations

from typing import Any

from mitate.model.placement import (
    Change,
    Constraint,
    Explanation,
    HostAnswer,
    Room,
    StageLeft,
    Usage,
    Wanted,
)
from mitate.report import DEFAULTS, Options
from mitate.report.digest.words import stamp
from mitate.report.json import dumps, evidence_said, finding_said
from mitate.report.placement.words import free, headline

SCHEMA = "mitate.placement/1"


def render(explanation: Explanation, options: Options = DEFAULTS) -> str:
    cause, largest = explanation.first_cause, explanation.largest
    return dumps(
        {
            "schema": SCHEMA,
            "cloud": explanation.cloud,
            "taken_at": stamp(explanation.taken_at),
            "took_s": round(explanation.took_s, 3),
            "api_requests": explanation.api_requests,
            "wanted": _wanted(explanation.wanted),
            "verdict": explanation.verdict.value,
            "stage": explanation.stage and explanation.stage.value,
            "headline": headline(explanation),
            "says": explanation.says,
            "first_cause": cause and finding_said(cause),
            "waterfall": [_left(line) for line in explanation.waterfall],
            "unsatisfiable": [[_constraint(one) for one in each] for each in explanation.unsatisfiable],
            "hosts": [_host(answer) for answer in explanation.hosts],
            "smallest_changes": [_change(change) for change in explanation.smallest_changes],
            "usages": [_usage(usage) for usage in explanation.usages],
            "largest": largest and _room(largest),
            "rooms": [_room(room) for room in explanation.rooms],
            "evidence": [evidence_said(evidence) for evidence in explanation.evidence],
            "assumptions": list(explanation.assumptions),
            "gaps": [{"where": gap.where, "what": gap.what, "why": gap.why} for gap in explanation.gaps],
        }
    )


def _wanted(wanted: Wanted) -> dict[str, Any]:
    """As Nova names it; hints as pairs, for a name may come several times."""
    image, group = wanted.image, wanted.group
    return {
        "name": wanted.name,
        "server_id": wanted.server_id or None,
        "count": wanted.count,
        "flavor": wanted.flavor_name,
        "vcpus": wanted.vcpus,
        "ram_mb": wanted.ram_mb,
        "disk_gb": wanted.disk_gb,
        "ephemeral_gb": wanted.ephemeral_gb,
        "swap_mb": wanted.swap_mb,
        "extra_specs": dict(wanted.extra_specs),
        "image": image and {"id": image.id, "name": image.name, "properties": dict(image.properties)},
        "from_volume": wanted.from_volume,
        "availability_zone": wanted.zone or None,
        "host": wanted.host or None,
        "forced_host": wanted.forced_host or None,
        "hints": [list(hint) for hint in wanted.hints],
        "group": group and {"id": group.id, "name": group.name, "policy": group.policy},
        "project_id": wanted.project_id or None,
        "unseen": list(wanted.unseen),
    }


def _left(line: StageLeft) -> dict[str, Any]:
    return {
        "stage": line.stage.value,
        "name": line.name,
        "left": line.left,
        "unknown": line.unknown,
        "nova_left": line.nova_left,
        "says": line.says,
    }


def _host(answer: HostAnswer) -> dict[str, Any]:
    """rejected_by and stage: null of a host that remains; unknown: why it may yet be turned away."""
    return {
        "host": answer.host,
        "rejected_by": answer.rejected_by or None,
        "stage": answer.stage.value if answer.stage and answer.rejected_by else None,
        "line": answer.line or None,
        "wanted": answer.wanted,
        "available": answer.available,
        "says": answer.says,
        "unknown": answer.unknown or None,
        "more": list(answer.more),
        "evidence": [evidence_said(evidence) for evidence in answer.evidence],
    }


def _constraint(one: Constraint) -> dict[str, Any]:
    return {
        "kind": one.kind,
        "name": one.name,
        "amount": one.amount,
        "group": one.group,
        "root": one.root,
        "origin": one.origin,
    }


def _change(change: Change) -> dict[str, Any]:
    return {
        "change": change.change,
        "hosts_then": list(change.hosts_then),
        "commands": list(change.commands),
        "risk": change.risk,
        "confidence": change.confidence.value,
    }


def _usage(usage: Usage) -> dict[str, Any]:
    return {
        "host": usage.host,
        "resource_class": usage.resource_class,
        "wanted": usage.wanted,
        "total": usage.total,
        "reserved": usage.reserved,
        "ratio": usage.ratio,
        "capacity": usage.capacity,
        "used": usage.used,
        "free": free(usage),
        "max_unit": usage.max_unit,
        "step_size": usage.step_size,
        "by": [{"who": who, "amount": amount} for who, amount in usage.by],
    }


def _room(room: Room) -> dict[str, Any]:
    return {"flavor": room.flavor, "now": room.now, "after_loss": room.after_loss, "host": room.host}

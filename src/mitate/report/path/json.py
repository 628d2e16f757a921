"""The way of a packet for programs: schema ``mitate.trace/1``; a topology alone: ``mitate.topology/1``.

No key of a schema version is ever renamed or dropped; keys may be added. Lists keep their own, stable order.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec

from mitate.model.topology import Topology
from mitate.model.trace import At, Drop, Failure, Hop, Live, Path, Sighting, Step, Trace
from mitate.report import DEFAULTS, Options
from mitate.report.digest.words import stamp
from mitate.report.json import dumps, evidence_said
from mitate.report.path.words import headline, sizes

SCHEMA = "mitate.trace/1"
TOPOLOGY_SCHEMA = "mitate.topology/1"


def render(
    path: Path, options: Options = DEFAULTS, topology: Topology | None = None, whole: bool = False
) -> str:
    """whole: with the topology, under a key of that name."""
    added = {"topology": _topology(topology)} if topology is not None and whole else {}
    return dumps(
        {
            "schema": SCHEMA,
            "cloud": path.cloud,
            "taken_at": stamp(path.taken_at),
            "took_s": round(path.took_s, 4),
            "source": path.source,
            "destination": path.destination,
            "asked": path.asked,
            "verdict": path.verdict.value,
            "headline": headline(path),
            "path_mtu": path.path_mtu,
            "sizes": [{"size": s.bytes, "state": s.state.value, "says": s.says} for s in sizes(path)],
            "traces": [_trace(trace) for trace in path.traces],
            "as_wanted": list(path.as_wanted),
            "reasons": [_failure(failure) for failure in path.reasons],
            "live": path.live and _live(path.live),
            **added,
        }
    )


def draw(topology: Topology, options: Options = DEFAULTS) -> str:
    return dumps(_topology(topology))


def _topology(topology: Topology) -> dict[str, Any]:
    """The fields of ``model.topology``, by their names."""
    document = msgspec.to_builtins(topology)
    return {"schema": TOPOLOGY_SCHEMA, **document, "taken_at": stamp(topology.taken_at)}


def _trace(trace: Trace) -> dict[str, Any]:
    return {
        "direction": trace.direction.value,
        "size": trace.size,
        "flow": trace.flow,
        "disposition": trace.disposition.value,
        "reason": trace.reason or None,
        "hops": [_hop(hop) for hop in trace.hops],
        "assumptions": list(trace.assumptions),
    }


def _hop(hop: Hop) -> dict[str, Any]:
    return {
        "host": hop.host,
        "namespace": hop.namespace,
        "in": hop.enters,
        "out": hop.leaves,
        "guest": hop.guest or None,
        "steps": [_step(step) for step in hop.steps],
    }


def _step(step: Step) -> dict[str, Any]:
    return {
        "kind": step.kind,
        "did": step.did,
        "because": step.because and evidence_said(step.because),
        "reason": step.reason or None,
    }


def _failure(failure: Failure) -> dict[str, Any]:
    return {
        "code": failure.code,
        "layer": failure.layer,
        "at": _at(failure.at),
        "direction": failure.direction.value,
        "first": failure.first,
        "confidence": failure.confidence.value,
        "says": failure.says,
        "fix": "\n".join(failure.fix),
        "evidence": [evidence_said(evidence) for evidence in failure.evidence],
    }


def _live(live: Live) -> dict[str, Any]:
    return {
        "agrees": live.agrees,
        "answered": live.answered,
        "lost_after": live.lost_after and _at(live.lost_after),
        "says": list(live.says),
        "sent": list(live.sent),
        "seen": [_sighting(each) for each in live.sightings],
        "drops": [_drop(each) for each in live.drops],
    }


def _sighting(seen: Sighting) -> dict[str, Any]:
    return {
        "at": _at(seen.at),
        "way": seen.way,
        "time": _instant(seen.time),
        "kind": seen.kind,
        "packet": seen.packet,
        "probe": seen.probe,
        "reply": seen.reply,
        "src": seen.src,
        "dst": seen.dst,
        "smac": seen.smac,
        "dmac": seen.dmac,
        "tunnel": seen.tunnel or None,
    }


def _drop(drop: Drop) -> dict[str, Any]:
    return {
        "at": _at(drop.at),
        "reason": drop.reason,
        "location": drop.location,
        "kind": drop.kind,
        "probe": drop.probe,
        "time": drop.time and _instant(drop.time),
    }


def _instant(time: datetime) -> str:
    """To the microsecond: probes are seen many times within one second."""
    return time.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def _at(at: At) -> dict[str, str]:
    return {"host": at.host, "namespace": at.namespace, "device": at.device}

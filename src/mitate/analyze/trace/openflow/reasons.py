"""Why a packet died in the switch: a death by the closed list of reasons.

The tables are those of Neutron's Open vSwitch agent (``constants.py`` of its driver, and
``agent/linux/openvswitch_firewall``); bridges are recognised by what they hold, not by their names.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import msgspec

from mitate.analyze.trace.openflow.bridge import DEAD_VLAN, Bridge, Port
from mitate.analyze.trace.openflow.fields import (
    CT_MARK,
    CT_STATE,
    DL_SRC,
    DL_TYPE,
    IN_PORT,
    IPV4,
    NW_PROTO,
    TAGGED,
    TP_SRC,
    VLAN,
    Key,
)
from mitate.analyze.trace.openflow.tables import Rule
from mitate.analyze.trace.openflow.trail import Death
from mitate.model.source import Fact

_ARP_SPOOF, _MAC_SPOOF, _BASE_EGRESS, _EGRESS, _INGRESS, _DROPPED = 24, 25, 71, 72, 82, 93
_FROM_TUNNEL = (3, 4, 6)
"""Tables of br-tun that turn the key of a tunnel into a local VLAN: GRE, VXLAN, Geneve."""
_UNICAST, _FLOOD = 20, 22
_JUDGES = (_ARP_SPOOF, _MAC_SPOOF, _BASE_EGRESS, _EGRESS, _INGRESS)
"""Tables of br-int whose drops are those of port security and security groups, at any priority."""
_LAST = 3
"""The agent's other drops have at most this priority: those that end a table (0), close a port (2), and keep
the traffic of distributed routers on its host (1 to 3)."""

_KINDS = {
    "stale": "OVS_STALE_OUTPUT",
    "patch": "OVS_PATCH_BROKEN",
    "tunnel": "TUN_REMOTE_MISSING",
    "unknown": "INSUFFICIENT_INFO_TABLE",
    "controller": "INSUFFICIENT_INFO_TABLE",
    "unknown_port": "INSUFFICIENT_INFO_TABLE",
    "ttl": "RTR_TTL",
    "loop": "RTR_LOOP",
    "same_port": "BR_FDB_WRONG_PORT",
    "back": "BR_FDB_WRONG_PORT",
    "gone": "BR_FDB_WRONG_PORT",
    "vlan": "BR_VLAN_MISMATCH",
    "reserved": "OVS_TABLE_MISS",
}
_PRECEDENCE = (
    *("RTR_LOOP", "OVS_OFPORT_INVALID", "OVS_DEAD_VLAN", "OVS_TAG_LOST"),
    *("PS_ARP_SPOOF", "PS_MAC_SPOOF", "PS_IP_SPOOF", "PS_DHCP_RA_SERVER"),
    *("SG_CT_INVALID", "SG_CT_BLOCKED", "SG_EGRESS_DENY", "SG_INGRESS_DENY"),
    *("OVS_STALE_OUTPUT", "OVS_PATCH_BROKEN", "TUN_VNI_MISMATCH", "TUN_REMOTE_MISSING", "OVS_FLOW_DROP"),
    *("BR_FDB_WRONG_PORT", "BR_VLAN_MISMATCH", "RTR_TTL", "OVS_TABLE_MISS", "OVS_LVID_MISMATCH"),
)
"""When every branch of a flood dies, the first of these is the one to tell: an external bridge that does not
know a tenant's VLAN drops its frames in every healthy cloud."""
_WIRING = frozenset({"TUN_REMOTE_MISSING", "OVS_LVID_MISMATCH", "OVS_TABLE_MISS", "BR_VLAN_MISMATCH"})
"""What a lost tag looks like further on."""


class Dead(msgspec.Struct, frozen=True):
    """A branch that died. code: of ``model.path_reasons``. by: what shows it, where there is something."""

    code: str
    says: str
    by: Fact | None
    death: Death | None = None


def explain(death: Death, entrance: Dead | None, unpatched: Callable[[], Fact | None]) -> Dead:
    """The reason of a death. entrance: what is wrong with the port it came by. unpatched: see ``Switch``."""
    rules = death.trail.tables() if death.trail else []
    by = death.fact or (rules[0][2].fact if rules else None)
    if death.kind in _KINDS:
        return Dead(_KINDS[death.kind], f"{death.bridge.name}: {death.says}", by, death)
    if death.kind == "nowhere":
        found = Dead(
            "OVS_LVID_MISMATCH", f"{death.bridge.name}: {death.says}", by or death.bridge.fact, death
        )
    else:
        found = _by_table(death, rules, by)
    if found.code == "OVS_LVID_MISMATCH" and (loose := unpatched()):
        says = f"{found.says}; and a bridge of this host has no working patch"
        found = Dead("OVS_PATCH_BROKEN", says, loose, death)
    if found.code in _WIRING and entrance:
        return msgspec.structs.replace(entrance, death=death)
    return found


def standing(port: Port, bridge: Bridge) -> Dead | None:
    """What is wrong with a port whatever the packet: no device, the dead VLAN, or a lost tag."""
    if port.number is None:
        error = port.fact.error or "it has no OpenFlow port"
        return Dead("OVS_OFPORT_INVALID", f"Open vSwitch could not open {port.name}: {error}", port.fact)
    if port.tag == DEAD_VLAN:
        return Dead("OVS_DEAD_VLAN", f"{port.name} is in VLAN {DEAD_VLAN}, which goes nowhere", port.port)
    tagless = port.tag is None and not port.trunks and port.fact.type != "patch"
    if tagless and port.fact.port_id and port.fact.bridge == bridge.name and bridge.integrates:
        return Dead("OVS_TAG_LOST", f"{port.name} has no VLAN tag", port.port or port.fact)
    return None


def first(found: Iterable[Dead]) -> Dead | None:
    """The one that tells most; what is not known outranks all, but a copy for the controller does not."""

    def rank(dead: Dead) -> int:
        if dead.code in _PRECEDENCE:
            return _PRECEDENCE.index(dead.code)
        return -1 if dead.death and dead.death.kind == "unknown" else len(_PRECEDENCE)

    return min(found, key=rank, default=None)


def _by_table(death: Death, rules: list[tuple[str, int, Rule]], by: Fact | None) -> Dead:
    """No flow, or one that drops: what that means says the table it came from."""
    bridge, table, key = death.bridge, death.table, death.key
    rule = rules[0][2] if rules and death.kind == "drop" else None
    says = f"{bridge.name}: {death.says}"
    if rule and _foreign(rule, table) and not (bridge.integrates and table in _JUDGES):
        return Dead("OVS_FLOW_DROP", f"{says}, by a flow of priority {rule.priority}", by, death)
    if bridge.integrates:
        if table == _DROPPED:
            here = (found for found in rules if found[1] != _DROPPED)
            _, table, rule = next(here, ("", table, rule))
            by = rule.fact if rule and rule.fact else by
            says = f"{bridge.name}: table {table} drops it"
        return _integration(bridge, table, rule, key, says, by, death)
    if bridge.tunnels:
        code, why = _tunnels(bridge, table, key)
        return Dead(code, f"{says}: {why}" if why else says, by or bridge.fact, death)
    if rule is not None and rule.priority > 0 and _from_patch(rule, bridge):
        why = f"it knows no VLAN {key[VLAN] & 0xFFF} of the bridge behind the patch"
        return Dead("OVS_LVID_MISMATCH", f"{says}: {why}", by, death)
    return Dead("OVS_TABLE_MISS", says, by or bridge.fact, death)


def _integration(
    bridge: Bridge, table: int, rule: Rule | None, key: Key, says: str, by: Fact | None, death: Death
) -> Dead:
    code = "OVS_TABLE_MISS"
    if table == _ARP_SPOOF:
        code = "PS_ARP_SPOOF"
    elif table == _MAC_SPOOF:
        code = "PS_MAC_SPOOF"
    elif table == _BASE_EGRESS:
        code = _spoofing(bridge, key)
    elif table in (_EGRESS, _INGRESS):
        code = "SG_EGRESS_DENY" if table == _EGRESS else "SG_INGRESS_DENY"
        if key[CT_STATE] & 16:
            code = "SG_CT_INVALID"
        elif key[CT_MARK] & 1 and rule is not None and "ct_mark" in (rule.fact.match if rule.fact else ""):
            code = "SG_CT_BLOCKED"
    elif table == 0 and rule is not None and rule.priority > 0:
        code = "OVS_LVID_MISMATCH" if _from_patch(rule, bridge) else "OVS_DEAD_VLAN"
    return Dead(code, says, by or bridge.fact, death)


def _foreign(rule: Rule, table: int) -> bool:
    """Is a flow that drops none of those by which the agent does?"""
    if rule.priority > _LAST:
        return not any(slot == VLAN and want & 0xFFF == DEAD_VLAN for slot, want in _wants(rule))
    return table == 0 < rule.priority and {slot for slot, _ in _wants(rule)} != {IN_PORT}


def _spoofing(bridge: Bridge, key: Key) -> str:
    """What of the sender the base rules of its port do not know."""
    if key[DL_TYPE] != IPV4:
        return "PS_ARP_SPOOF"
    if key[NW_PROTO] == 17 and key[TP_SRC] == 67:
        return "PS_DHCP_RA_SERVER"
    senders = [rule for rule in bridge.table(_BASE_EGRESS).rules() if (DL_SRC, key[DL_SRC]) in _wants(rule)]
    return "PS_IP_SPOOF" if senders else "PS_MAC_SPOOF"


def _wants(rule: Rule) -> set[tuple[int, int]]:
    return {(slot, want) for slot, _, want in rule.match.tests}


def _from_patch(rule: Rule, bridge: Bridge) -> bool:
    """Does the rule match a patch port that packets come in by?"""
    ports = [want for slot, want in _wants(rule) if slot == IN_PORT]
    port = bridge.ports.get(ports[0]) if ports else None
    return port is not None and port.fact.type == "patch"


def _tunnels(bridge: Bridge, table: int, key: Key) -> tuple[str, str]:
    if table in _FROM_TUNNEL:
        return "TUN_VNI_MISMATCH", "the key of the tunnel belongs to no network here"
    if table not in (_UNICAST, _FLOOD):
        return "OVS_TABLE_MISS", ""
    vlan = key[VLAN] & 0xFFF if key[VLAN] & TAGGED else 0
    words = (f"mod_vlan_vid:{vlan},", f"set_field:{TAGGED | vlan}->vlan_vid,")
    known = any(word in f"{flow.actions}," for flow in bridge.flows_of(*_FROM_TUNNEL) for word in words)
    if vlan and not known:
        return "OVS_LVID_MISMATCH", f"local VLAN {vlan} belongs to no tunnelled network"
    return "TUN_REMOTE_MISSING", "no other host is known for this network"

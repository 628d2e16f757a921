"""The states of a TCP connection as ``nf_conntrack_proto_tcp`` has them.

Windows are not modelled: no sequence numbers are known, and every packet is taken to be within.
"""

from __future__ import annotations

NONE, SYN_SENT, ESTABLISHED = "NO", "SS", "ES"
NAMES = {
    "NONE": NONE,
    "SYN_SENT": SYN_SENT,
    "SYN_RECV": "SR",
    "ESTABLISHED": ESTABLISHED,
    "FIN_WAIT": "FW",
    "CLOSE_WAIT": "CW",
    "LAST_ACK": "LA",
    "TIME_WAIT": "TW",
    "CLOSE": "CL",
    "SYN_SENT2": "S2",
}
"""As conntrack -L says it → as here."""
INVALID = frozenset({"IV"})
OVER = frozenset({"TW", "CL"})

_STATES = tuple(NAMES.values())
_FIRST_WAY = {
    "syn": "SS SS IG IG IG IG IG SS SS S2",
    "synack": "IV IV SR IV IV IV IV IV IV SR",
    "fin": "IV IV FW FW LA LA LA TW CL IV",
    "ack": "ES IV ES ES CW CW TW TW CL IV",
    "rst": "IV CL CL CL CL CL CL CL CL CL",
    "none": "IV IV IV IV IV IV IV IV IV IV",
}
_REPLY = {
    "syn": "IV S2 IV IV IV IV IV SS IV S2",
    "synack": "IV SR IG IG IG IG IG IG IG SR",
    "fin": "IV IV FW FW LA LA LA TW CL IV",
    "ack": "IV IG SR ES CW CW TW TW CL IG",
    "rst": "IV CL CL CL CL CL CL CL CL CL",
    "none": "IV IV IV IV IV IV IV IV IV IV",
}
_TABLE = {
    (reply, kind, state): new
    for reply, rows in ((False, _FIRST_WAY), (True, _REPLY))
    for kind, row in rows.items()
    for state, new in zip(_STATES, row.split(), strict=True)
}


def after(state: str, flags: str, reply: bool) -> str:
    """The state after a packet with these flags, "IV" when it is invalid.

    >>> after(NONE, "S", reply=False), after(SYN_SENT, "SA", reply=True), after(SYN_SENT, "A", reply=False)
    ('SS', 'SR', 'IV')
    """
    if "R" in flags:
        kind = "rst"
    elif "S" in flags:
        kind = "synack" if "A" in flags else "syn"
    elif "F" in flags:
        kind = "fin"
    else:
        kind = "ack" if "A" in flags else "none"
    new = _TABLE[(reply, kind, state)]
    return state if new == "IG" else new

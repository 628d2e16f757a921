"""The closed list of reasons: why something did not answer, or could not be seen.

Reports, the manual (``mitate explain CODE``) and the tests read it. Nobody gives any other.
"""

from __future__ import annotations

import msgspec


class Reason(msgspec.Struct, frozen=True):
    """code: as it stands in facts, gaps and JSON. layer: api, host or recording, where it can occur.

    proof: what was seen that makes it this reason. fix: what a person does about it.
    """

    code: str
    layer: tuple[str, ...]
    says: str
    proof: str
    fix: str


REASONS: tuple[Reason, ...] = (
    Reason(
        "dns",
        ("api", "host"),
        "The name has no address.",
        "The resolver of the desk answered that the name does not exist, or did not answer.",
        "Correct the name in the catalogue, the inventory or the ssh configuration, or mend the resolver.",
    ),
    Reason(
        "refused",
        ("api", "host"),
        "The machine is there, but nothing listens on that port.",
        "The connection was answered with a TCP reset.",
        "Start the service, or correct the port.",
    ),
    Reason(
        "timeout",
        ("api", "host"),
        "Nothing came back in time.",
        "No answer within the time limit: neither a connection nor a refusal.",
        "Look at the path there (host down, link cut, firewall), or give more time with --timeout.",
    ),
    Reason(
        "unreachable",
        ("api", "host"),
        "There is no way to that address.",
        "The kernel here, or a router on the way, said that the network or the host is unreachable.",
        "Look at the routes of the desk and at the link of that host.",
    ),
    Reason(
        "tls",
        ("api",),
        "The encrypted connection could not be made.",
        "The TLS handshake failed: an expired or unknown certificate, another name, or no TLS at all there.",
        "Renew the certificate, or name the authority with cacert in clouds.yaml.",
    ),
    Reason(
        "http",
        ("api",),
        "The API answers, but with an error of its own.",
        "The HTTP status was 5xx, or one that an API's root never gives.",
        "Look at the log of that API: its database, its Keystone credentials, its configuration.",
    ),
    Reason(
        "garbage",
        ("api", "host", "recording"),
        "Something answered, but not what was asked.",
        "The answer was no JSON, no HTTP, or could not be understood.",
        "See who listens at that address; a proxy's error page and a wrong port are the usual ones.",
    ),
    Reason(
        "denied",
        ("api", "host"),
        "The answer is kept from this user.",
        "HTTP 403, or permission denied on the host.",
        "Use a project-scoped admin for the API, and root or sudo on hosts.",
    ),
    Reason(
        "auth",
        ("api", "host"),
        "The credentials were not accepted.",
        "HTTP 401 from Keystone, or no ssh key that the host accepts.",
        "Correct the password in clouds.yaml, or the user and key in the inventory or ssh configuration.",
    ),
    Reason(
        "host_key",
        ("host",),
        "The host shows another key than the one that is known.",
        "The ssh host key differs from known_hosts, or is not known at all.",
        "Make sure that it is the right machine, then correct known_hosts (ssh-keygen -R HOST).",
    ),
    Reason(
        "sudo",
        ("host",),
        "sudo on the host refused.",
        "sudo -n asked for a password, or does not allow this user.",
        "Allow the user sudo without a password, or connect as root.",
    ),
    Reason(
        "hung",
        ("host",),
        "The host began to answer and stopped in the middle.",
        "Some answers arrived; the rest did not within the time limit.",
        "Look at the host's load and storage; the answers that did arrive were used.",
    ),
    Reason(
        "closed",
        ("host",),
        "The host closed the connection before it had answered.",
        "The ssh connection ended early.",
        "Look at sshd's log there (MaxStartups, memory, a restart).",
    ),
    Reason(
        "absent",
        ("api", "host", "recording"),
        "There is nobody there who could tell.",
        "The command is not installed, the catalogue lacks the service, or the recording does not hold it.",
        "Install the tool named in the gap, or record again with this version.",
    ),
    Reason(
        "missing",
        ("api",),
        "What was asked about is not there.",
        "The API knows no such server, provider or image (HTTP 404, in its own words).",
        "Look whether it was deleted meanwhile, or is of another cloud or region.",
    ),
    Reason(
        "cut",
        ("api", "host", "recording"),
        "The answer was longer than is taken.",
        "It was cut at its limit; what came before was used.",
        "Ask fewer hosts at once (--host), or look there by hand.",
    ),
    Reason(
        "interrupted",
        ("api", "host"),
        "The run was ended before the answer came.",
        "Ctrl-C, or the end of the time given.",
        "Run it again.",
    ),
)

BY_CODE = {reason.code: reason for reason in REASONS}

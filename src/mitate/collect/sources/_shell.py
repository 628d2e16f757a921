"""What the scripts of host questions share: where they look, and the redaction that they do at the host.

Redaction is by allow-list: what is not known to be harmless becomes «redacted» before it leaves the host.
Everything here is POSIX sh and the awk that mawk, gawk and busybox agree on (no regex intervals, no gensub).
"""

from __future__ import annotations

import subprocess

from mitate.model.errors import CannotSee
from mitate.model.recognise import PROJECTS

ROOT = "root=\n"
"""The first line of scripts that read files: they read below ``$root``, which a test may set elsewhere."""

MARK = "«redacted»"

URL = r"""
function url(v,   scheme, n, part, i, out, hidden, more) {
  # scheme://***@host:port/path of a URL: no credentials, no query. What cannot be told apart is redacted.
  match(v, /:\/\//); scheme = substr(v, 1, RSTART + 2); v = substr(v, RSTART + 3)
  if (scheme !~ /^[A-Za-z][A-Za-z0-9+._-]*:\/\/$/ || v ~ /[?#].*@/) return MARK
  sub(/[?#].*/, "", v)
  n = split(v, part, ","); out = ""; hidden = 0
  for (i = n; i >= 1; i--) {
    if (part[i] ~ /@/) { sub(/.*@/, "***@", part[i]); hidden = 1 }
    else if (hidden) continue        # stands before an @: may be a piece of a password with a comma in it
    if (part[i] !~ /^[][A-Za-z0-9._:\/@*%+~-]*$/) return MARK
    if (i < n && part[i] !~ /^(\*\*\*@)?[A-Za-z0-9._-]+(:[0-9]+)?$/) return MARK
    out = part[i] (more++ ? "," : "") out
  }
  return scheme out
}
function plain(v) {
  # A path, number, name or list; a URL without what it may hide; else redacted.
  if (v ~ /:\/\//) return url(v)
  return v ~ /^[][A-Za-z0-9_.:,\/%+*=-]*$/ ? v : MARK
}
"""
"""awk: ``url(v)`` and ``plain(v)``."""

_OPTIONS = """
    addn-hosts bind-interfaces conf-file config-dir config-file datadir debug dhcp-hostsfile dhcp-leasefile
    dhcp-lease-max dhcp-optsfile dhcp-range domain except-interface home host http http-socket https-socket
    ini interface lease-max log-dir log-file logfile metadata_proxy_socket metadata_port name no-hosts
    no-resolv pid-file pid_file pidfile plugin port procname-prefix socket state_path timeout uwsgi-socket
    uuid
"""
"""Options of command lines whose values are harmless."""

TAME = r"""
function tame(line,   n, t, i, w, name, p, out, tail, state) {
  # A command line without what it may hide. state 0: before any option, 1: after one that takes a harmless
  # value, 2: after any other option, 3: elsewhere.
  n = split(line, t, /[ \t]+/); out = ""; state = 0
  for (i = 1; i <= n && length(out) < 1000; i++) {
    w = t[i]; tail = ""
    if (w == "") continue
    if (w ~ /^\(/) { out = out " ("; w = substr(w, 2); p = 1 } else { out = out " "; p = 0 }
    if (w ~ /\)$/) { tail = ")"; w = substr(w, 1, length(w) - 1) }
    if (p) state = 0
    if (w ~ /^--?[A-Za-z]/) {
      name = w; sub(/=.*/, "", name)
      p = name; sub(/^--?/, "", p)
      if (name !~ /^--[a-z][a-z_-]*$/ && name !~ /^-[A-Za-z]$/ && !(p in HARMLESS)) {
        out = hide(out); state = 2
      } else if (w ~ /=/) {
        out = out name "=" ((p in HARMLESS) ? plain(substr(w, length(name) + 2)) : MARK); state = 3
      } else { out = out name; state = ((p in HARMLESS) || name == "-f") ? 1 : 2 }
    } else if (state == 0 && (i == 1 || w in WORD || w ~ /^\/[A-Za-z0-9_.\/+-]+$/)) out = out plain(w)
    else if (state == 1) { out = out plain(w); state = 3 }
    else if (w == "rabbit") { out = out w; state = 3 }     # beam.smp … -s rabbit boot
    else { out = hide(out); state = state == 0 ? 0 : 3 }
    out = out tail
  }
  return substr(out, 2)
}
function hide(out,   tail) {
  # One mark stands for any number of hidden words.
  tail = " " MARK " "
  return substr(out, length(out) - length(tail) + 1) == tail ? substr(out, 1, length(out) - 1) : out MARK
}
BEGIN {
  n = split("OPTIONS", o, " ")
  for (i = 1; i <= n; i++) HARMLESS[o[i]] = 1
  n = split("rpc worker api reports report periodic service process master http state uWSGI", o, " ")
  for (i = 1; i <= n; i++) WORD[o[i]] = 1
}
""".replace("OPTIONS", " ".join(_OPTIONS.split()))
"""awk: ``tame(command line)``; needs URL."""

PROGRAM = r"""
function base(w) { sub(/.*\//, "", w); sub(/^\(/, "", w); sub(/[:)]+$/, "", w); return w }
function program(line,   n, t, i, w) {
  # The name of what a command line runs: nova-compute, keystone (of a uwsgi file), dnsmasq, …
  if (match(line, / \(\//)) line = substr(line, RSTART + 2)
  n = split(line, t, /[ \t]+/); w = base(t[1])
  if (w ~ /^python|^(ba|da)?sh$|^(dumb-init|tini)$/) {
    for (i = 2; i <= n && t[i] ~ /^-/; i++);
    w = i <= n ? base(t[i]) : ""
  } else if (w ~ /^uwsgi/) {
    for (i = 2; i <= n && t[i] !~ /\.ini$/; i++);
    if (i <= n) { w = base(t[i]); sub(/-?(uwsgi)?(-public|-admin)?\.ini$/, "", w) }
  } else { sub(/^wsgi:/, "", w); sub(/uWSGI$/, "", w) }
  gsub(/_/, "-", w)
  return w
}
function openstack(w) { return w ~ /^(PROJECTS)(-[a-z0-9.-]+)?$/ && w !~ /-rootwrap/ }
""".replace("PROJECTS", "|".join(PROJECTS))
"""awk: ``program(command line)`` and ``openstack(program)``."""


def awk(*parts: str) -> str:
    """An awk program as an argument in a script: fragments of this module, then the program itself."""
    text = f'BEGIN {{ MARK = "{MARK}" }}\n' + "".join(parts)
    assert "'" not in text, "a quote would end the argument"
    return f"'{text}'"


def run_awk(text: str, *parts: str) -> str:
    """Run such a program here over a text: a sosreport is redacted by the very code that runs at a host."""
    program = f'BEGIN {{ MARK = "{MARK}" }}\n' + "".join(parts)
    try:
        done = subprocess.run(
            ["awk", program],
            input=text.encode(),
            capture_output=True,
            timeout=60,
            check=False,
            env={"LC_ALL": "C", "PATH": "/usr/bin:/bin:/usr/local/bin"},
        )
    except (OSError, subprocess.TimeoutExpired) as bad:
        raise CannotSee(f"awk could not redact it here: {bad}", "absent") from None
    if done.returncode:
        raise CannotSee("awk could not redact it here", "garbage")
    return done.stdout.decode(errors="replace")

"""Who was there of late: logins by ssh, what sudo ran, what configuration management says of its work.

Of the journal, else of auth.log or secure. Names are told of machines and roles alone, never a person's; of a
command no more than the program, with the verb and the unit of systemctl; of a module of Ansible its name and
the file that it wrote.

Fields between tabs: when (seconds since 1970), kind, user, address, what was done. Of a file of syslog's
the first field is its month, day and time, in the host's zone, which is told before; the year is not.

>>> from mitate.collect.sources._sample import told
>>> told(sessions, "zone\\t+0000\\n1795361400.5\\tlogin\\tansible\\t10.0.0.2\\t\\n"
...     "1795361401\\tansible\\t\\t\\tcopy /etc/nova/nova.conf\\n")
Session at=2026-11-22 15:30:00.500000+00:00 kind=login user=ansible from_ip=10.0.0.2
Session at=2026-11-22 15:30:01+00:00 kind=ansible did=copy /etc/nova/nova.conf
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from mitate.collect.question import Answer, HostQuestion, source
from mitate.collect.sources._shell import ROOT, awk
from mitate.collect.sources._text import at_epoch, fields, lines
from mitate.collect.sources.package_history import zone
from mitate.model.change import Session
from mitate.model.recognise import PROJECTS

MOST = 400
"""Lines kept of one host, the newest."""

PEOPLE = r"""
BEGIN {
  n = split("root ansible ubuntu debian centos cloud-user rocky almalinux fedora ec2-user stack kolla " \
    "heat-admin tripleo-admin zuul jenkins vagrant", t, " ")
  for (i = 1; i <= n; i++) ROLE[t[i]] = 1
  WRITES = "^(copy|template|file|lineinfile|blockinfile|ini_file|replace|systemd|systemd_service|service|" \
    "apt|dnf|yum|package|pip|command|shell|assemble|unarchive|kolla_docker|kolla_container|" \
    "docker_container|" \
    "podman_container|reboot|user|sysctl|mount)$"
}
{
  if ($1 ~ /^[0-9]+([.][0-9]+)?$/ || $1 ~ /^[0-9-]+T[0-9:.]+(Z|[+-][0-9:]+)$/) { at = $1; n = 3 }
  else if ($3 ~ /^[0-9][0-9]:[0-9][0-9]:[0-9][0-9]$/ && $1 $2 ~ /^[A-Z][a-z][a-z][0-9]+$/) {
    at = $1 " " $2 " " $3; n = 5
  } else next
  tag = $n; sub(/:$/, "", tag); sub(/\[[0-9]+\]$/, "", tag)
  said = $0; for (i = 0; i < n; i++) sub(/^ *[^ ]+ */, "", said)
  if (tag ~ /^sshd/) login()
  else if (tag == "sudo") command()
  else if (tag ~ /^ansible-/) module()
  else if (tag == "puppet-agent") resource()
  else if (tag == "chef-client" || tag == "salt-minion") tell(substr(tag, 1, 4), "", "", "")
}
function login(   w) {
  if (said !~ /^Accepted [a-z\/-]+ for [^ ]+ from [0-9a-fA-F.:]+ port /) return
  split(said, w, " ")
  tell("login", role(w[4]), w[6], "")
}
function command(   who, w, k, did) {
  who = said; sub(/ .*/, "", who)
  if (who ~ /^(PROJECTS)$/ || !match(said, /COMMAND=/)) return
  k = split(substr(said, RSTART + 8), w, " ")
  did = w[1]; sub(/.*\//, "", did)
  if (did !~ /^[a-z][a-z0-9_.+-]*$/ || (did == "sh" && w[2] == "-s")) return
  if (did == "systemctl" && w[2] ~ /^[a-z-]+$/)
    did = did " " w[2] (w[3] ~ /^[a-z][a-z0-9@_.-]*$/ ? " " w[3] : "")
  if (did ~ /^(apt|apt-get|dnf|yum)$/ && w[2] ~ /^[a-z-]+$/) did = did " " w[2]
  tell("sudo", role(who), "", did)
}
function module(   name, what) {
  name = tag; sub(/.*[.-]/, "", name)
  if (name !~ WRITES) return
  what = ""
  if (match(said, /(^| )(dest|path|name)=[\047"]?[A-Za-z0-9@_.\/-]+/)) {
    what = substr(said, RSTART, RLENGTH); sub(/^[^=]*=[\047"]?/, "", what)
  }
  tell("ansible", "", "", name (what ~ /^(\/(etc|usr|var|opt)\/|[a-z])/ ? " " what : ""))
}
function resource() {
  if (said ~ /^Applied catalog/) tell("puppet", "", "", "applied its catalog")
  else if (match(said, /[A-Z][a-z_]+\[[A-Za-z0-9_\/.-]+\]\/[a-z]+\)/))
    tell("puppet", "", "", substr(said, RSTART, RLENGTH - 1))
}
function role(name) { return (name in ROLE) ? name : "" }
function tell(kind, who, from, did,   all) {
  all = kind "\t" who "\t" from "\t" substr(did, 1, 200)
  if (all != last) print at "\t" all
  last = all
}
""".replace("PROJECTS", "|".join(PROJECTS))

SCRIPT = f"""{ROOT}export LC_ALL=C
printf 'zone\\t%s\\n' "$(date +%z)"
said() {{
  if command -v journalctl >/dev/null && journalctl -q -n 1 --no-pager >/dev/null 2>&1 && [ -z "$root" ]; then
    tags=$(journalctl -q --no-pager -F SYSLOG_IDENTIFIER |
      awk '/^(ansible-[a-z._]+|puppet-agent|chef-client|salt-minion)$/ && n++ < 100 {{ print "-t", $0 }}')
    journalctl -q --no-pager -o short-unix --since=-7days -n 20000 -t sshd -t sshd-session -t sudo $tags
    return
  fi
  for log in "$root/var/log/auth.log" "$root/var/log/secure"; do
    [ -r "$log" ] && tail -c 2000000 "$log" && return
  done
  echo 'neither the journal nor auth.log can be read' >&2
  return 1
}}
all=$(said) || exit 1
rows=$(printf '%s\\n' "$all" | awk {awk(PEOPLE)}) || exit 1
printf '%s\\n' "$rows" | tail -n {MOST}
"""

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@source(
    HostQuestion(
        name="sessions",
        script=SCRIPT,
        asked="journalctl --since=-7days -t sshd -t sudo -t 'ansible-…' (names of persons are not told)",
        limit=200_000,
        slow=True,
        costly=True,
    ),
    Session,
)
def sessions(answer: Answer) -> Iterator[Session]:
    ahead = timedelta()
    for line in lines(answer.text):
        row = fields(line, 2)
        if row[0] == "zone":
            ahead = zone(row[1])
            continue
        at, kind, user, from_ip, did = fields(line, 5)[:5]
        yield Session(
            source=answer.source,
            at=_time(at, answer.at, ahead),
            kind=kind,
            user=user,
            from_ip=from_ip,
            did=did,
        )


def _time(text: str, now: datetime, ahead: timedelta) -> datetime:
    """Of the journal, of rsyslog's own form, or of the old one, which tells no year: the last that fits."""
    try:
        if re.fullmatch(r"\d{1,11}(\.\d{1,9})?", text, re.ASCII):
            return at_epoch(float(text))
        if found := re.fullmatch(r"([A-Z][a-z]{2}) ([ \d]?\d) (\d\d):(\d\d):(\d\d)", text, re.ASCII):
            month = _MONTHS.index(found[1]) + 1
            parts = (month, int(found[2]), int(found[3]), int(found[4]), int(found[5]))
            here = datetime(now.year, *parts, tzinfo=UTC) - ahead
            return here if here <= now + timedelta(days=1) else here.replace(year=now.year - 1)
        return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError(f"not a time: {text[:40]!r}") from None

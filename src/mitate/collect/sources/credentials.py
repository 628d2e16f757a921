"""Whether Keystone takes the credentials in the services' own files, asked from the host itself.

For each section with auth_url, username and password, a token is asked for; each distinct set of
credentials once, eight at most, all at the same time. The password goes from awk to curl through a pipe and
never stands on a command line; the token is thrown away.

Fields between tabs. test: number, file, section, user name, auth URL. result: number, HTTP status (000 when
there was none), exit status of curl.

>>> from mitate.collect.sources._sample import told
>>> told(credentials, "test\\t1\\t/etc/nova/nova.conf\\tneutron\\tneutron\\thttp://controller:5000\\n"
...     "test\\t2\\t/etc/nova/nova.conf\\tplacement\\tplacement\\thttp://controller:5000\\n"
...     "result\\t1\\t401\\t0\\nresult\\t2\\t000\\t7\\n")
CredentialTest file=/etc/nova/nova.conf section=neutron username=neutron auth_url=http://controller:5000 \
status=401 detail=rejected
CredentialTest file=/etc/nova/nova.conf section=placement username=placement auth_url=http://controller:5000 \
detail=connection refused
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from mitate.collect.question import Answer, HostQuestion, source
from mitate.collect.sources._files import FILES
from mitate.collect.sources._shell import ROOT, URL, awk
from mitate.collect.sources._text import fields, lines, whole
from mitate.model.host import CredentialTest

MOST = 8
"""Sets of credentials tried."""

REFUSED = "HTTP 401|Unauthorized|requires authentication|rejected authorization"
"""What keystoneauth and keystonemiddleware say of credentials that Keystone does not take."""

# Input: the lines of ``files``. The files of one process together make one configuration, the last one wins.
TRY = r"""
BEGIN { FS = "\t" }
$1 == "process" || $1 == "unit" { finish(); next }
$1 == "uses" { read($2) }
END {
  finish()
  print "asked\t" tests + 0
  for (i = 1; i <= tests; i++) { print BLOCK[i] | command(i); close(command(i)) }
}
function command(i) {
  # It reads its request, then goes on in the background, so that all are asked at once.
  return "all=$(cat); { result=$(printf \"%s\\n\" \"$all\" |" \
    "curl -q -s -o /dev/null --connect-timeout 3 --max-time 8 -w \"%{http_code}\" --config -); " \
    "printf \"result\\t" i "\\t%s\\t%s\\n\" \"$result\" $?; } &"
}
function read(path,   line, section, name, value) {
  # Where users cannot write. A process of theirs may name a file of theirs beside the real one, which would
  # then send its password wherever they please.
  line = substr(path, length(ROOT) + 1); sub(/^\/proc\/[0-9]+\/root/, "", line)
  if (line !~ /^\/(etc|usr\/share|usr\/local\/etc|var\/lib\/(kolla|config-data|openstack)|var\/snap)\// ||
      line ~ /\/\.\.?\//) { ASTRAY = 1; return }
  section = "DEFAULT"
  while ((getline line < path) > 0) {
    sub(/\r$/, "", line)
    if (line ~ /^\[/) { section = line; sub(/^\[/, "", section); sub(/\].*/, "", section); continue }
    if (line !~ /^[a-z]/ || line !~ /[=:]/) continue
    name = line; sub(/[ \t]*[=:].*/, "", name)
    value = substr(line, length(name) + 1); sub(/^[ \t]*[=:][ \t]*/, "", value); sub(/[ \t]+$/, "", value)
    V[section, name] = value
    if (name == "password") { FROM[section] = path; SECTION[section] = 1 }
  }
  close(path)
}
function finish(   s, k) {
  if (!ASTRAY) for (s in SECTION) consider(s)
  ASTRAY = 0
  for (k in V) delete V[k]
  for (k in SECTION) delete SECTION[k]
}
function has(s, name) { return ((s, name) in V) ? plainly(V[s, name], 0) : "" }
function plainly(v, depth,   name) {
  # oslo.config: $$ is a dollar, $name and ${name} another option of [DEFAULT]
  if (v !~ /\$/ || depth > 3) return v
  gsub(/\$\$/, "\001", v)
  while (match(v, /\$\{?[a-z_0-9.]+\}?/)) {
    name = substr(v, RSTART, RLENGTH); gsub(/[${}]/, "", name)
    if (!(("DEFAULT", name) in V)) { UNKNOWN = 1; break }
    v = substr(v, 1, RSTART - 1) plainly(V["DEFAULT", name], depth + 1) substr(v, RSTART + RLENGTH)
  }
  gsub(/\001/, "$", v)
  return v
}
function consider(s,   url_, user, type, key, project, shown) {
  UNKNOWN = 0
  url_ = has(s, "auth_url"); user = has(s, "username"); type = has(s, "auth_type")
  if (url_ !~ /^https?:\/\// || user == "" || has(s, "password") == "") return
  if (type != "" && type !~ /password$/) return
  project = has(s, "project_name") has(s, "project_id")
  key = url_ SUBSEP user SUBSEP has(s, "password") SUBSEP project SUBSEP has(s, "user_domain_name")
  if (UNKNOWN) return
  if (!(key in NUMBER)) {
    if (tests >= MOST) return
    NUMBER[key] = ++tests; BLOCK[tests] = block(s, url_, user)
  }
  shown = FROM[s] SUBSEP s
  if (shown in SHOWN) return
  SHOWN[shown] = 1
  print "test\t" NUMBER[key] "\t" FROM[s] "\t" s "\t" visible(user) "\t" url(url_)
}
function visible(v) { return v ~ /^[A-Za-z0-9_.@-]+$/ ? v : MARK }
function json(v) {
  gsub(/\\/, "\\\\", v); gsub(/"/, "\\\"", v); gsub(/\t/, "\\t", v)
  return "\"" v "\""
}
function domain(s, what) {
  if (has(s, what "_domain_id") != "") return "{\"id\":" json(has(s, what "_domain_id")) "}"
  if (has(s, what "_domain_name") != "") return "{\"name\":" json(has(s, what "_domain_name")) "}"
  if (has(s, "default_domain_name") != "") return "{\"name\":" json(has(s, "default_domain_name")) "}"
  return "{\"id\":" json(has(s, "default_domain_id") == "" ? "default" : has(s, "default_domain_id")) "}"
}
function block(s, where, user,   body, scope, more) {
  # What curl reads: the request with the password in it.
  sub(/\/+$/, "", where); sub(/\/v2\.0$/, "", where)
  if (where !~ /\/v3$/) where = where "/v3"
  scope = ""
  if (has(s, "system_scope") == "all") scope = ",\"scope\":{\"system\":{\"all\":true}}"
  else if (has(s, "project_id") != "")
    scope = ",\"scope\":{\"project\":{\"id\":" json(has(s, "project_id")) "}}"
  else if (has(s, "project_name") != "")
    scope = ",\"scope\":{\"project\":{\"name\":" json(has(s, "project_name")) \
      ",\"domain\":" domain(s, "project") "}}"
  body = "{\"auth\":{\"identity\":{\"methods\":[\"password\"],\"password\":{\"user\":{\"name\":" json(user) \
    ",\"domain\":" domain(s, "user") ",\"password\":" json(has(s, "password")) "}}}" scope "}}"
  more = ""
  if (has(s, "insecure") ~ /^([Tt]rue|1|yes|on)$/) more = more "insecure\n"
  else if (has(s, "cafile") ~ /^\//) more = more "cacert = " json(rooted(FROM[s]) has(s, "cafile")) "\n"
  return "url = " json(where "/auth/tokens") "\nheader = \"Content-Type: application/json\"\n" \
    "noproxy = \"*\"\n" more "data-raw = " json(body) "\n"
}
function rooted(path) {
  return match(path, /^.*\/proc\/[0-9]+\/root\//) ? substr(path, 1, RLENGTH - 1) : ROOT
}
"""

SCRIPT = f"""{ROOT}export LC_ALL=C
{FILES}
found=$(files) || exit 1
case $found in *'uses	'*) ;; *) exit 0 ;; esac
content() {{ # no API runs here, and no log speaks of refused credentials
  printf '%s\\n' "$found" | grep -Eq '^process.*(-api|keystone|neutron-server)' && return 1
  for log in "$root"/var/log/*/*.log "$root"/var/log/kolla/*/*.log "$root"/var/log/containers/*/*.log; do
    [ -f "$log" ] || continue
    seen=1
    tail -c 200000 "$log" | grep -Eq '{REFUSED}' && return 1
  done
  [ -n "${{seen-}}" ]
}}
content && {{ printf 'asked\\t0\\n'; exit 0; }}
command -v curl >/dev/null || {{ echo 'curl is not installed' >&2; exit 1; }}
all=$(printf '%s\\n' "$found" | awk -v MOST={MOST} -v ROOT="$root" {awk(URL, TRY)} |
  cat) # which ends when the last of the background has
case $all in *'asked	'*) printf '%s\\n' "$all" ;; *) exit 1 ;; esac
"""

_CURL = {
    5: "proxy not found",
    6: "name not resolved",
    7: "connection refused",
    28: "timeout",
    35: "TLS handshake failed",
    51: "certificate does not match",
    52: "empty answer",
    56: "connection reset",
    58: "client certificate unusable",
    60: "certificate not trusted",
    77: "CA file unreadable",
}
_HTTP = {201: "accepted", 401: "rejected", 403: "forbidden", 404: "no Keystone v3 there", 503: "unavailable"}


@source(
    HostQuestion(
        name="credentials",
        script=SCRIPT,
        asked="openstack token issue (with auth_url, username and password of each section of its files)",
        timeout_s=25,
        slow=True,
    ),
    CredentialTest,
)
def credentials(answer: Answer) -> Iterator[CredentialTest]:
    tests: list[list[str]] = []
    results: dict[str, tuple[int, int]] = {}
    for line in lines(answer.text):
        row = fields(line, 2)
        if row[0] == "asked":
            continue
        if row[0] == "test":
            tests.append(fields(line, 6))
        elif row[0] == "result":
            results[row[1]] = (whole(fields(line, 4)[2] or "0"), whole(row[3]))
        else:
            raise ValueError(f"neither a test nor a result: {line[:80]}")
    for _, number, file, section, username, auth_url in (row[:6] for row in tests):
        if number not in results:
            raise ValueError(f"test {number[:20]} has no result")
        status, failed = results[number]
        known = (
            _CURL.get(failed, f"curl ended with {failed}") if failed else _HTTP.get(status, f"HTTP {status}")
        )
        yield CredentialTest(
            source=answer.source,
            file=re.sub(r"^/proc/\d+/root(?=/)", "", file),
            section=section,
            username=username,
            auth_url=auth_url,
            status=status if status and not failed else None,
            detail=known,
        )

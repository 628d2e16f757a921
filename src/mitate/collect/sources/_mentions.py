"""sh: every line that names one of some ids, in every log of a host, with the traceback below it, redacted.

At most the last hundred megabytes of a file are read, and gently; of a file that was last written to before
the time asked for, nothing.
"""

from __future__ import annotations

from mitate.collect.sources._logs import newest
from mitate.collect.sources._shell import URL, awk
from mitate.collect.sources._words import SECRETS, WORDS

MOST = 1500
"""Lines of one file."""
MOST_BELOW = 60
"""Lines of a traceback: its calls and what it says in the end, no code."""

# Lines that begin with a control character come from the script. "\001FILE" begins a file; what follows is
# of it. Of a file that is of nothing but the server (of qemu), every line with a time counts: "\002FILE".
_READ = r"""
FILENAME != "" && FILENAME != "-" { if (FILENAME ~ /\/hosts$/) host($0); else learn($0); next }
/^[\001\002]/ {
  file = substr($0, 2); all = /^\002/; taken = 0; below = 0
  print "file\t" file; next
}
/^\003/ { print substr($0, 2); next }
{
  line = $0; at = "-"; pid = ""; who = ""
  gsub(/\033\[[0-9;]*[A-Za-z]/, "", line)
  hit = all
  for (i = 1; i <= WANTED && !hit; i++) if (index(line, ID[i])) hit = 1
  if (file ~ /^journal:/) {
    if (line !~ /^[0-9]+\.[0-9]+ [^ ]+ [^ ]+: /) next
    at = $1; who = $3; sub(/^[^ ]+ [^ ]+ [^ ]+ /, "", line)
    pid = who; if (!sub(/^.*\[/, "", pid)) pid = ""; sub(/\]:$/, "", pid)
    sub(/\[[0-9]+\]:$|:$/, "", who)
    if (hit && "journal:" who != file && who ~ /^[A-Za-z0-9_.@-]+$/) {
      print "file\t" (file = "journal:" who); taken = 0
    }
  }
  if (line ~ /^\[pid: [0-9]+\|app: /) { if (hit) uwsgi(line); next }
  if (line ~ /^[0-9a-fA-F.:, -]+ \[[0-3][0-9]\/[A-Z][a-z][a-z]\/[0-9: +-]*\] "/) {
    if (hit) web(line)
    next
  }
  if (match(line, /^[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9][ T][0-9:.,]+(Z|\+0000)?/)) {
    if (at == "-") at = substr(line, 1, RLENGTH)
    line = substr(line, RLENGTH + 1)
    if (at !~ /(Z|\+0000)$/ && (substr(at, 1, 19) < SINCE || substr(at, 1, 19) > UNTIL)) { below = 0; next }
    if (line ~ /^\|[0-9]+\|/) { if (hit) ovs(line); next }
    if (at ~ /\+0000$/) { if (hit) libvirt(line); next }
    sub(/^ /, "", line)
    if (match(line, /^[0-9]+ /)) { pid = substr(line, 1, RLENGTH - 1); line = substr(line, RLENGTH + 1) }
  }
  if (!match(line, /^(DEBUG|INFO|WARNING|ERROR|CRITICAL|TRACE|AUDIT) [A-Za-z0-9_.-]+ ?/)) {
    if (hit && at != "-" && !below) say(at, pid, "", "", "", "", "", "", line)
    next
  }
  split(substr(line, 1, RLENGTH), f, " "); line = substr(line, RLENGTH + 1)
  global = request = user = resource = ""; bare = 1
  if (match(line, /^\[[^]]*\] ?/) && substr(line, 1, RLENGTH) !~ /^\[instance:/) {
    bare = 0; n = split(substr(line, 2, RLENGTH), c, /[] ]+/); line = substr(line, RLENGTH + 1); i = 1
    if (c[1] == "None") i = 2
    if (c[i] ~ /^req-[0-9a-f-]+$/) request = c[i++]
    if (c[i] ~ /^req-[0-9a-f-]+$/) { global = request; request = c[i++] }
    if (c[i] ~ /^[0-9a-f-]+$/ && length(c[i]) >= 32) user = c[i]
  }
  if (match(line, /^\[instance: [0-9a-f-]*\] ?/)) {
    resource = substr(line, 12, 36); line = substr(line, RLENGTH + 1)
  }
  if (bare && below && f[1] ~ /^(ERROR|TRACE)$/ && pid == BELOW["pid"] && f[2] == BELOW["logger"] &&
      (file ~ /^journal:/ || at == BELOW["at"])) { goes_on(line); next }
  if (hit && below != 2 || hit && !bare) {
    say(at, pid, f[1], f[2], global, request, user, resource, line)
    below = f[1] ~ /^(ERROR|CRITICAL|TRACE|WARNING)$/ ? 1 : 0
    BELOW["pid"] = pid; BELOW["logger"] = f[2]; BELOW["at"] = at; more = 0
  } else below = 0
}
function say(at, pid, level, logger, global, request, user, resource, message) {
  if (++taken > MOST) { if (taken == MOST + 1) print "cut\t" file; return }
  if (message ~ /"[A-Z]+ \/[^"]*[?]/) { gsub(/[?]/, " ? ", message); gsub(/&/, " \\& ", message) }
  print at "\t" pid "\t" level "\t" logger "\t" global "\t" request "\t" user "\t" resource "\t" tell(message)
}
function goes_on(line) {
  # A traceback without its code: where it went, and what it ended with.
  if (taken > MOST || ++more > MOST_BELOW) return
  if (line ~ /^ +File "/ || line ~ /^[A-Za-z_]/) print "+\t" tell(line)
}
function path(target,   i, n, ids) {
  # The path of a URL, and of its query nothing but what was asked for.
  ids = ""
  n = index(target, "?")
  if (n) {
    for (i = 1; i <= WANTED; i++) if (index(substr(target, n), ID[i])) ids = ids " " ID[i]
    target = substr(target, 1, n - 1) "?" ids
  }
  return target
}
function uwsgi(line,   a, at, client, asked, took, status, pid) {
  pid = line; sub(/^\[pid: /, "", pid); sub(/\|.*/, "", pid)
  client = line; sub(/^\[[^]]*\] /, "", client); sub(/ .*/, "", client)
  if (!match(line, /\[[A-Z][a-z][a-z] [A-Z][a-z][a-z] [ 0-9:]+\]/)) return
  at = substr(line, RSTART + 1, RLENGTH - 2); asked = substr(line, RSTART + RLENGTH + 1)
  took = asked; if (!match(took, / in [0-9]+ msecs/)) return
  took = substr(took, RSTART + 4, RLENGTH - 10)
  status = asked; if (!match(status, /\(HTTP\/[0-9.]+ [0-9]+\)/)) return
  status = substr(status, RSTART, RLENGTH - 1); sub(/.* /, "", status)
  sub(/ => .*/, "", asked); split(asked, a, " ")
  say(at, pid, "", "uwsgi", "", "", "", "", client " \"" a[1] " " path(a[2]) "\" status: " status \
    " time: " took / 1000)
}
function web(line,   a, at, client, asked, status) {
  # Common log format: client - user [time] "GET /path HTTP/1.1" 200 1234 …
  client = line; sub(/ .*/, "", client)
  match(line, /\[[^]]*\]/); at = substr(line, RSTART + 1, RLENGTH - 2)
  line = substr(line, RSTART + RLENGTH + 2)
  split(line, a, " "); status = line; sub(/^[^"]*" /, "", status); sub(/ .*/, "", status)
  say(at, "", "", "access", "", "", "", "", client " \"" a[1] " " path(a[2]) "\" status: " status)
}
function ovs(line,   n, f, i, message) {
  n = split(line, f, "|"); message = f[5]
  for (i = 6; i <= n; i++) message = message "|" f[i]
  sub(/\(.*/, "", f[3])
  say(at, "", f[4] == "WARN" ? "WARNING" : f[4] == "ERR" ? "ERROR" : f[4] == "DBG" ? "DEBUG" : f[4], f[3], \
    "", "", "", "", message)
}
function libvirt(line,   level) {
  # "2026-11-22 15:32:01.453+0000: 95: error : function:line : message", also in the log of a guest
  sub(/^: /, "", line); level = ""
  if (match(line, /^[0-9]+: (debug|info|warning|error) : /)) {
    level = toupper(substr(line, 1, RLENGTH - 3)); sub(/.* /, "", level); line = substr(line, RLENGTH + 1)
    sub(/^[A-Za-z0-9_]+:[0-9]+ : /, "", line)
  }
  if (length(line) > 2) say(at, "", level, "libvirt", "", "", "", "", line)
}
BEGIN { WANTED = split(WANT, ID, ",") }
"""

SCRIPT = f"""{newest(rotated=True, since="$since", more=True)}
from=$(date -d "@$since" '+%Y-%m-%d %H:%M:%S' 2>/dev/null) || from=0
to=$(date -d "@$until" '+%Y-%m-%d %H:%M:%S' 2>/dev/null) || to=9
ip -o addr show scope global 2>/dev/null | awk 'NR <= 40 {{ sub(/\\/.*/, "", $4); print "address\\t" $4 }}'
patterns=$(printf '%s\\n' "$ids" | awk -F , '{{ for (i = 1; i <= NF; i++) printf " -e %s", $i }}')
own=
guests=$(printf '%s\\n' "$ids" | awk -F , '{{ for (i = 1; i <= NF; i++) if ($i ~ /^inst/) print $i }}')
for id in $guests; do
  [ -r "$root/var/log/libvirt/qemu/$id.log" ] && own="$own $root/var/log/libvirt/qemu/$id.log"
done
{{
  for file in $newest; do
    printf '\\001%s\\n' "$file"
    case $file in
    *.gz) nice zcat "$file" 2>/dev/null ;;
    *)
      head -n 1 "$file" | awk '{{ print "\\003begins\\t" substr($0, 1, 23) }}'
      tail -c 200000 "$file" | grep -aq '^[0-9T:., -]* DEBUG ' && printf '\\003debug\\n'
      tail -c 100000000 "$file" ;;
    esac | nice grep -aF $patterns -e ' ERROR ' -e ' TRACE ' -e ' CRITICAL ' -e '\003'
  done
  for file in $own; do
    printf '\\002%s\\n' "$file"
    tail -c 1000000 "$file" | grep -aE '^20[0-9-]+[ T][0-9:.]+'
  done
  if [ -z "$newest" ] && command -v journalctl >/dev/null; then
    echo '\001journal:'
    journalctl -q -a --no-pager -o short-unix --since "@$since" --until "@$until" 2>/dev/null |
      nice grep -aF $patterns -e ' ERROR ' -e ' TRACE ' -e ' CRITICAL '
  fi
}} | awk -v WANT="$ids" -v SINCE="$from" -v UNTIL="$to" -v MOST={MOST} -v MOST_BELOW={MOST_BELOW} \\
  {awk(URL, WORDS, SECRETS, _READ)} $secrets -
"""

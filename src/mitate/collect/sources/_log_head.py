"""awk: ``head()``, what a line of a log begins with, as oslo.log writes it, in a file or in a journal."""

from __future__ import annotations

HEAD = r"""
function head(   who, f) {
  # Of $0: at, pid, level, logger, context (request ids and user; - for none), the rest as line. 2: of uwsgi.
  line = $0; at = ""; pid = ""; level = ""; logger = ""; context = "-"; writer = ""
  gsub(/\033\[[0-9;]*[A-Za-z]/, "", line)
  if (file ~ /^journal:/) {
    if (line !~ /^[0-9]+\.[0-9]+ [^ ]+ [^ ]+: /) return 0
    at = $1; who = $3; pid = who; if (!sub(/^.*\[/, "", pid)) pid = ""; sub(/\]:$/, "", pid)
    sub(/\[[0-9]+\]:$|:$/, "", who); sub(/^[^ ]+ [^ ]+ [^ ]+ /, "", line)
    if (who ~ /^[A-Za-z0-9_.@-]+$/) writer = "journal:" who
  }
  if (line ~ /^\[pid: [0-9]+\|app: /) return 2
  if (match(line, /^[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9][ T][0-9:.,]+ /)) {
    if (at == "") at = substr(line, 1, RLENGTH - 1)
    line = substr(line, RLENGTH + 1)
    if (match(line, /^[0-9]+ /)) { pid = substr(line, 1, RLENGTH - 1); line = substr(line, RLENGTH + 1) }
  }
  if (at == "" || !match(line, /^(DEBUG|INFO|WARNING|ERROR|CRITICAL|TRACE) [A-Za-z0-9_.-]+ ?/)) return 0
  split(substr(line, 1, RLENGTH), f, " "); level = f[1]; logger = f[2]; line = substr(line, RLENGTH + 1)
  if (match(line, /^\[[^]]*\] ?/) && substr(line, 1, RLENGTH) !~ /^\[instance:/) {
    context = ids(substr(line, 1, RLENGTH)); line = substr(line, RLENGTH + 1)
  }
  return 1
}
function ids(text,   n, c, i, out) {
  # Request ids, user and project, and nothing else of a context.
  n = split(text, c, /[][ ]+/); out = ""
  for (i = 1; i <= n && i < 8; i++) if (c[i] ~ /^(req-[0-9a-f-]+|[0-9a-f-]+|None|-)$/) out = out " " c[i]
  return "[" substr(out, 2) "]"
}
"""

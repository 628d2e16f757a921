"""awk: ``tell(text)``, a log message of which only harmless words are left.

By allow-list of shapes: words, numbers, addresses, UUIDs, the names that Neutron and Nova make of them,
paths of such words, host names that this host knows. After a word like password with a = or :, nothing
is kept. The secrets that the host's own configuration holds are taken out first, whatever their shape.
"""

from __future__ import annotations

WORDS = r"""
function tell(v,   out, head, run, i, at, word, low) {
  gsub(/\033\[[0-9;]*[A-Za-z]/, "", v); gsub(/[\001-\037]/, " ", v)
  v = substr(v, 1, 1500)
  for (i in SECRET) while ((at = index(v, i))) v = substr(v, 1, at - 1) MARK substr(v, at + length(i))
  low = tolower(v)
  if (match(low, CONTEXT) || match(low, /-----begin/)) {
    at = RSTART + RLENGTH - 1; v = substr(v, 1, at); run = 1
  } else run = 0
  out = ""
  while (match(v, /[^ ]+/)) {
    out = out substr(v, 1, RSTART - 1); word = substr(v, RSTART, RLENGTH); v = substr(v, RSTART + RLENGTH)
    if (word ~ /:\/\// && word !~ /^[^A-Za-z]*\/\//) {
      match(word, /[A-Za-z][A-Za-z0-9+.-]*:\/\//); head = substr(word, 1, RSTART - 1)
      word = substr(word, RSTART); at = ""
      if (match(word, /[])}>"\047,;.:]+$/)) { at = substr(word, RSTART); word = substr(word, 1, RSTART - 1) }
      out = out (head ~ /^[[({<"\047]*$/ ? head : MARK) places(url(word)) at
    } else out = out pieces(word)
  }
  if (run) out = out MARK
  return out
}
function pieces(word,   out, one) {
  # The pieces of a word between brackets, quotes, commas and equal signs; non-ASCII bytes belong to a piece.
  out = ""
  while (match(word, /[^][(){}<>"\047`,;=|]+/)) {
    out = out substr(word, 1, RSTART - 1); one = substr(word, RSTART, RLENGTH)
    word = substr(word, RSTART + RLENGTH)
    out = out piece(one)
  }
  return out word
}
function piece(p,   tail) {
  tail = ""
  if (match(p, /[.:!?]+$/) && RSTART > 1) { tail = substr(p, RSTART); p = substr(p, 1, RSTART - 1) }
  if (p == MARK || p ~ /^[.:!?*&+-]*$/ || known(p)) return p tail
  if (p ~ /^\//) return places(p) tail
  if (p ~ /^[^:]+:[0-9]+$/ && known(substr(p, 1, index(p, ":") - 1)) && length(p) < index(p, ":") + 6)
    return p tail
  return MARK tail
}
function places(p,   n, part, i, out) {
  # A path or URL, part by part.
  if (p !~ /^[A-Za-z0-9_.:\/@*+%-]+$/) return MARK
  n = split(p, part, "/"); out = ""
  for (i = 1; i <= n; i++) {
    if (part[i] != "" && !known(part[i]) && part[i] !~ /^[a-z]+:$/ && !place(part[i])) part[i] = MARK
    out = out (i > 1 ? "/" : "") part[i]
  }
  return out
}
function place(p,   n, part, i) {
  # ***@host:port of a URL; v2.1, python3.11, x86_64-linux-gnu, libc.so.6 in paths
  sub(/^\*\*\*@/, "", p)
  n = split(p, part, /[.:_-]/)
  for (i = 1; i <= n; i++)
    if (part[i] !~ /^([a-z]*|[0-9]+|(v|x|python|lib)[0-9]+)$/ && !(part[i] in HOST)) return 0
  return n < 8 && length(p) < 64
}
function known(p,   h) {
  h = tolower(p)
  if (h in HOST || h in TERM) return 1
  if (p ~ /^[A-Za-z0-9_.\047-]+$/ && lettered(p)) return 1
  if (p ~ /^[+-]?[0-9]+([.:,][0-9]+)*(s|ms|sec|MB|GB|KB|MiB|GiB|KiB|B|%)?$/) return length(p) < 20
  if (p ~ /^[0-9-]+T[0-9:.]+(Z|[+-][0-9:]+)?$/) return length(p) < 40
  if (sub(/^network-(vif-)?((un)?plugged|deleted|changed)[:-]/, "", h)) return length(h) == 36 && h ~ UUID
  if (h !~ /^[a-z]*-?[0-9a-f:.\/-]*$/) return 0
  if (h ~ /^[0-9a-f]*:[0-9a-f:]+(\/[0-9]+)?$/) return length(p) < 44 && split(p, PART, ":") > 2
  if (h ~ /^[0-9.]+\/[0-9]+$/) return length(p) < 19
  sub(/^(req|qrouter|qdhcp|snat|fip|ovnmeta)-/, "", h)
  if (length(h) == 36 && h ~ UUID) return 1
  return h ~ DEVICE || h ~ /^instance-[0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f]$/
}
function lettered(p,   n, part, i, humps) {
  # Words as people and programs write them: nova-compute, X-Auth, NoValidHost_Remote, nova.exception. Letters
  # that change their case again and again are none.
  n = split(p, part, /[._\047-]/)
  for (i = 1; i <= n; i++) {
    if (tolower(part[i]) in TERM) continue
    if (length(part[i]) > 40 || part[i] !~ /^[A-Za-z]*$/) return 0
    humps = gsub(/[A-Z]+/, "&", part[i])
    if (humps > 1 && length(part[i]) < 3 * humps) return 0
  }
  return 1
}
BEGIN {
  x4 = "[0-9a-f][0-9a-f][0-9a-f][0-9a-f]"
  UUID = "^" x4 x4 "-" x4 "-" x4 "-" x4 "-" x4 x4 x4 "$"
  DEVICE = "^(tap|qr-|qg-|ha-|ns-|sg-|fg-|qvo|qvb|qbr|brq|rfp-|fpr-)" x4 x4 "-[0-9a-f][0-9a-f]$"
  words = "(pass(word|wd|phrase)?|secret|token|credentials?|[_-](key|pass|pw)|apikey|authorization|cookie|" \
    "signature|private)"
  CONTEXT = words "[\\])]* *[:=]|" words "[\"\047][\\])]* *[:=,]|(^| )--?[a-z_-]*" words "[ =]"
  n = split("ipv4 ipv6 sha1 sha256 sha512 md5 x509 utf8 utf-8 http2 l2 l3 ml2 v2 v3 v4 base64 x86_64 qcow2 " \
    "ext4 python3 eth0 eth1 br0 oauth2 ec2 s3 mysql postgresql mariadb sqlite", t, " ")
  for (i = 1; i <= n; i++) TERM[t[i]] = 1
}
"""

SECRETS = r"""
function secret(v) {
  # Remember a secret, to take it out wherever it stands; short ones would take words apart.
  gsub(/^[ \t"\047]+|[ \t"\047]+$/, "", v)
  if (length(v) >= 6) SECRET[v] = 1
}
function learn(line,   name, value, n, part, i) {
  # A line of a configuration file.
  if (line !~ /^[A-Za-z]/ || line !~ /[=:]/) return
  name = line; sub(/[ \t]*[=:].*/, "", name)
  value = substr(line, length(name) + 1); sub(/^[ \t]*[=:][ \t]*/, "", value); sub(/[ \t\r]+$/, "", value)
  if (tolower(name) ~ /pass|secret|token|key$|credential/ && value !~ /^([Tt]rue|[Ff]alse|[0-9]+|\/.*)$/)
    secret(value)
  if (value ~ /:\/\/.*@/) {
    n = split(value, part, ",")
    for (i = 1; i <= n; i++) {
      sub(/.*:\/\//, "", part[i])
      if (sub(/@[^@]*$/, "", part[i]) && sub(/^[^:]*:/, "", part[i])) secret(part[i])
    }
  }
}
function host(line,   n, t, i) {
  # A line of /etc/hosts.
  sub(/#.*/, "", line); n = split(tolower(line), t, /[ \t]+/)
  for (i = 2; i <= n; i++) HOST[t[i]] = 1
}
"""
"""awk: ``secret(value)``, ``learn(line of a configuration file)`` and ``host(line of /etc/hosts)``."""

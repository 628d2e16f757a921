"""sh: asking a program that runs here, in its own container when that is where it is."""

from __future__ import annotations

INSIDE = r"""
inside() { # pid, command…: in the namespaces of that process when its files are not the host's
  pid=$1; shift
  if [ "/proc/$pid/root/usr/bin" -ef /usr/bin ]; then "$@"
  else nsenter -t "$pid" -m -u -i -n -p -r "$@"
  fi
}
pid_of() { # pattern: the oldest process whose command line matches
  ps -e -ww -o pid=,args= | awk -v p="$1" '{ pid = $1; sub(/^ *[0-9]+ /, "") } $0 ~ p { print pid; exit }'
}
"""

BROKER = (
    INSIDE
    + r"""export LC_ALL=C.UTF-8
broker() { server=$(pid_of '/beam[.]smp .*rabbit'); [ -n "$server" ]; }
rabbit() { inside "$server" timeout 20 rabbitmqctl "$@"; }
"""
)

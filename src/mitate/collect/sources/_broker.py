"""sh: asking a program that runs here, through its engine when it is in a container."""

from __future__ import annotations

INSIDE = r"""
inside() { # pid, command…: at the host when the process sees the host's own programs, else in its container
  pid=$1; shift
  if [ "$root/proc/$pid/root/usr/bin" -ef "$root/usr/bin" ]; then "$@"; return; fi
  # Not by nsenter: that would run a container's program with all the rights of the host.
  cgroup=$(cat "$root/proc/$pid/cgroup")
  case $cgroup in
  *libpod-*) engine=podman cgroup=${cgroup##*libpod-} ;;
  *docker[-/]*) engine=docker cgroup=${cgroup##*docker[-/]} ;;
  *) echo 'it runs in a container of another kind than docker and podman' >&2; return 1 ;;
  esac
  timeout 20 $engine exec "${cgroup%%[!0-9a-f]*}" "$@"
}
pid_of() { # pattern: the oldest process whose command line matches
  ps -e -ww -o pid=,args= | awk -v p="$1" '{ pid = $1; sub(/^ *[0-9]+ /, "") } $0 ~ p { print pid; exit }'
}
"""

BROKER = (
    INSIDE
    + r"""export LC_ALL=C.UTF-8
broker() { server=$(pid_of '/beam[.]smp .*rabbit'); [ -n "$server" ]; }
rabbit() { inside "$server" rabbitmqctl "$@"; }
"""
)

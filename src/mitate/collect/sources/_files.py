"""sh: which configuration files the OpenStack services of a host use."""

from __future__ import annotations

from mitate.collect.sources._shell import PROGRAM, TAME, URL, awk

# A line for each distinct service, fields between bars: pid, program, which of --config-file and --config-dir
# are not given (f, d), files and directories, command line.
PROCESSES = r"""
{
  pid = $1; line = $0; sub(/^ *[0-9]+ +/, "", line); w = program(line)
  if (!openstack(w) || w ~ /^privsep/ || seen[line, pod(pid)]++) next
  gsub(/[()]/, " ", line); n = split(line, t, " "); files = ""; lacks = "fd"
  for (i = 1; i <= n; i++) {
    v = ""
    if (match(t[i], /^--config-(file|dir)/)) {
      sub(t[i] ~ /^--config-d/ ? "d" : "f", "", lacks)
      if (t[i] ~ /=/) { v = t[i]; sub(/^[^=]*=/, "", v) } else v = t[++i]
    }
    if (v ~ /^\/[A-Za-z0-9_.\/@:+-]+$/) files = files " " v
  }
  print pid "|" w "|" lacks "|" substr(files, 2) "|" tame(substr($0, index($0, pid) + length(pid) + 1))
}
function pod(pid,   file, line, all) {
  # The container of a process, so that equal commands in two of them stay two.
  file = PROC "/" pid "/cgroup"; all = ""
  while ((getline line < file) > 0) if (line ~ /docker|libpod|kubepods|lxc|crio/) all = line
  close(file)
  return all
}
"""

ENABLED = r"""
{ sub(/.*\//, ""); sub(/^openstack-/, ""); if (!/@/ && sub(/\.service$/, "") && openstack($0)) print }
"""

FILES = f"""
defaults() {{ # which of f and d are lacking, project, service: where oslo.config looks then, files first
  case $1 in *f*) files_of "$2" "$3" ;; esac
  case $1 in *d*) echo "/etc/$2/$2.conf.d /etc/$2/$3.conf.d" ;; esac
}}
files_of() {{ # project, service: those of oslo.config, and what packages add to that
  echo "/usr/share/$1/$1-dist.conf /etc/$1/$1.conf /etc/$1/$2.conf"
  case $2 in
  nova-compute) echo /etc/nova/nova-cpu.conf ;;
  neutron-server | neutron-api | neutron-rpc-server) echo /etc/neutron/plugins/ml2/ml2_conf.ini ;;
  neutron-linuxbridge-agent) echo /etc/neutron/plugins/ml2/linuxbridge_agent.ini ;;
  neutron-openvswitch-agent) echo /etc/neutron/plugins/ml2/openvswitch_agent.ini ;;
  neutron-l3-agent) echo /etc/neutron/l3_agent.ini ;;
  neutron-dhcp-agent) echo /etc/neutron/dhcp_agent.ini ;;
  neutron-metadata-agent) echo /etc/neutron/metadata_agent.ini ;;
  esac
}}
trusted() {{ # pid: what a user made in a namespace of their own could lead a reader astray
  [ ! -e "$root/proc/$1/ns/user" ] || [ "$root/proc/$1/ns/user" -ef "$root/proc/self/ns/user" ]
}}
uses() {{ # root of a process, files and directories: tells those that can be read
  here=$1; shift
  for path; do
    if [ -d "$here$path" ]; then
      for each in "$here$path"/*.conf; do use "$path/${{each##*/}}"; done
    else
      use "$path"
    fi
  done
}}
use() {{
  [ -f "$here$1" ] && [ -r "$here$1" ] || return 0
  if [ "$here$1" -ef "$root$1" ]; then set -- "$root$1"; else set -- "$here$1"; fi
  printf 'uses\\t%s\\n' "$1"
}}
files() {{
  commands=$(ps -e -ww -o pid=,args=) || return 1
  commands=$(printf '%s\\n' "$commands" | awk -v PROC="$root/proc" {awk(URL, TAME, PROGRAM, PROCESSES)}) ||
    return 1
  enabled=$(for unit in "$root"/etc/systemd/system/*.wants/*.service; do printf '%s\\n' "$unit"; done |
    awk {awk(PROGRAM, ENABLED)})
  running=' '
  printf '%s\\n' "$commands" | {{
    while IFS='|' read -r pid program lacks named command; do
      [ -n "$pid" ] && trusted "$pid" || continue
      running="$running$program "
      printf 'process\\t%s\\t%s\\n' "$pid" "$command"
      uses "$root/proc/$pid/root" $(defaults "$lacks" "${{program%%-*}}" "$program") $named
    done
    for unit in $enabled; do
      case $running in *" $unit "*) continue ;; esac
      printf 'unit\\t%s\\n' "$unit"
      uses "$root" $(defaults fd "${{unit%%-*}}" "$unit")
    done
  }}
}}
"""

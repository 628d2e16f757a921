"""sh: the network namespaces of a host. Shared by network, firewall, connections and traffic.

``spaces`` prints the paths of the namespaces that Neutron may have made: all that have a name, but those of
container networks (cni-…). ``within PATH COMMAND…`` runs a command in one, with no fork besides its own.
One that went away meanwhile is left out; one that cannot be entered fails the question: nobody saw inside.
"""

from __future__ import annotations

NETNS = r"""
spaces() {
  for space in "$root"/run/netns/*; do
    case ${space##*/} in '*' | cni-*) ;; *) printf '%s\n' "$space" ;; esac
  done
}
within() { space=$1; shift; nsenter --net="$space" "$@"; }
gone() { [ ! -e "$1" ] || { echo "cannot look into namespace ${1##*/}" >&2; exit 1; }; }
"""

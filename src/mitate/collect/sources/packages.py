"""The packages that matter, with version and when they were installed, and whether a reboot is asked for.

Of dpkg's status file and the times of its lists of files, or of rpm's database. What runs in containers is
told by their images instead. Fields between tabs: name, architecture, version, state, seconds since 1970.

>>> from mitate.collect.sources._sample import told
>>> told(packages, "nova-common\\tall\\t2:26.2.2-1\\tinstalled\\t1795361400\\nreboot\\tlinux-image-amd64\\n")
Package name=nova-common version=2:26.2.2-1 arch=all state=installed installed_at=2026-11-22 15:30:00+00:00
PendingReboot wanted=True packages=('linux-image-amd64',)
"""

from __future__ import annotations

from collections.abc import Iterator

from mitate.collect.question import Answer, HostQuestion, SosRoot, source
from mitate.collect.sources._packages import MATTERS
from mitate.collect.sources._shell import ROOT, awk, run_awk
from mitate.collect.sources._text import at_epoch, fields, lines, whole_or_none
from mitate.model.change import Package, PendingReboot

# First the times, then the status of all packages, a paragraph each.
DPKG = r"""
BEGIN { FS = "\t" }
FILENAME == "-" {
  name = $2; sub(/.*\//, "", name); sub(/\.list$/, "", name); AT[name] = $1
  next
}
/^Package: / { name = substr($0, 10); state = arch = version = "" }
/^Status: / { state = $0; sub(/.* /, "", state) }
/^Architecture: / { arch = substr($0, 15) }
/^Version: / { version = substr($0, 10) }
/^$/ { tell() }
END { tell() }
function tell(   at) {
  if (name == "") return
  at = (name in AT) ? AT[name] : AT[name ":" arch]
  if (version != "" && state !~ /not-installed|config-files/ && matters(name) && plain(name arch version))
    print name "\t" arch "\t" version "\t" state "\t" at
  name = ""
}
function plain(v) { return v ~ /^[A-Za-z0-9.+:~_-]+$/ && length(v) < 300 }
"""
RPM = r"""
BEGIN { FS = "\t" }
matters($1) && $0 ~ /^[A-Za-z0-9.+:~_^\t()-]+$/ && length($0) < 300 {
  print $1 "\t" $2 "\t" $3 "\tinstalled\t" $4
}
"""

SCRIPT = f"""{ROOT}export LC_ALL=C
if [ -r "$root/var/lib/dpkg/status" ]; then
  stat -c '%Y	%n' "$root"/var/lib/dpkg/info/*.list 2>/dev/null |
    awk {awk(MATTERS, DPKG)} - "$root/var/lib/dpkg/status" || exit 1
elif command -v rpm >/dev/null; then
  rpm -qa --qf '%{{NAME}}\\t%{{ARCH}}\\t%{{EVR}}\\t%{{INSTALLTIME}}\\n' |
    awk {awk(MATTERS, RPM)} || exit 1
else
  echo 'neither dpkg nor rpm tells what is installed here' >&2
  exit 1
fi
[ -e "$root/run/reboot-required" ] || exit 0
printf 'reboot'
[ ! -r "$root/run/reboot-required.pkgs" ] ||
  awk '/^[a-z0-9.+-]+$/ && !seen[$0]++ && n++ < 20 {{ printf "\\t%s", $0 }}' "$root/run/reboot-required.pkgs"
echo
"""


def _sosreport(root: SosRoot) -> str:
    """Out of ``dpkg -l`` or ``rpm -qa``; when each was installed it does not tell."""
    found = root.files("installed-debs", "sos_commands/dpkg/dpkg_-l")
    if found:
        rows = (line.split() for line in found[0][1].splitlines() if line.startswith(("ii", "hi")))
        text = "\n".join(f"{row[1].split(':')[0]}\t{row[3]}\t{row[2]}\t" for row in rows if len(row) > 3)
    else:
        rows = (
            line.split() for line in root.read("installed-rpms", "sos_commands/rpm/package-data").splitlines()
        )
        parts = (row[0].rsplit("-", 2) for row in rows if row and row[0].count("-") > 1)
        text = "\n".join(f"{name}\t\t{version}-{release}\t" for name, version, release in parts)
    return run_awk(text, MATTERS, RPM)


@source(
    HostQuestion(
        name="packages",
        script=SCRIPT,
        asked="dpkg-query -W; ls -l --time-style=full-iso /var/lib/dpkg/info/*.list (or rpm -qa --last)",
        limit=500_000,
    ),
    Package,
    PendingReboot,
    sosreport=_sosreport,
)
def packages(answer: Answer) -> Iterator[Package | PendingReboot]:
    reboot = None
    for line in lines(answer.text):
        row = line.split("\t")
        if row[0] == "reboot":
            reboot = tuple(row[1:])
            continue
        name, arch, version, state, at = (*fields(line, 5), "")[:5]
        seconds = whole_or_none(at)
        yield Package(
            source=answer.source,
            name=name,
            arch=arch,
            version=version,
            state=state,
            installed_at=at_epoch(seconds) if seconds is not None else None,
        )
    yield PendingReboot(source=answer.source, wanted=reboot is not None, packages=reboot or ())

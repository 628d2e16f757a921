"""Whether the hardware can run guests.

>>> from mitate.collect.sources._sample import told
>>> told(virtualisation, "kvm yes\\nflags vmx\\n")
KernelModule kvm_device=True cpu_flags=('vmx',)
"""

from __future__ import annotations

from collections.abc import Iterator

from mitate.collect.question import Answer, HostQuestion, source
from mitate.collect.sources._shell import ROOT
from mitate.collect.sources._text import lines
from mitate.model.host import KernelModule

SCRIPT = rf"""{ROOT}
kvm=$root/dev/kvm
if [ -c "$kvm" ] && [ -r "$kvm" ] && [ -w "$kvm" ]; then echo kvm yes; else echo kvm no; fi
[ ! -r "$root/proc/cpuinfo" ] || awk '/^flags/ {{
  for (i = 3; i <= NF; i++) if ($i == "vmx" || $i == "svm") print "flags", $i; exit
}}' "$root/proc/cpuinfo"
"""


@source(
    HostQuestion(
        name="virtualisation",
        script=SCRIPT,
        asked="ls -l /dev/kvm; grep -Ewo -m1 'vmx|svm' /proc/cpuinfo",
        limit=10_000,
    ),
    KernelModule,
)
def virtualisation(answer: Answer) -> Iterator[KernelModule]:
    rows = [line.split() for line in lines(answer.text)]
    kvm = [row[1] for row in rows if len(row) == 2 and row[0] == "kvm"]
    if not kvm:
        raise ValueError("the host did not say whether it has /dev/kvm")
    flags = tuple(row[1] for row in rows if len(row) == 2 and row[0] == "flags")
    yield KernelModule(source=answer.source, kvm_device=kvm[0] == "yes", cpu_flags=flags)

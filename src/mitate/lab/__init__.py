"""The practice cloud: a real OpenStack on hosts made of namespaces, to break and to mend.

from mitate.lab import Lab, LabError

lab = Lab.at()
lab.up()
lab.sh("compute1", "systemctl is-active nova-compute")
"""

from mitate.lab.desk import Desk
from mitate.lab.errors import LabBusyError, LabError
from mitate.lab.lab import Lab
from mitate.lab.progress import Progress
from mitate.lab.status import ApiStatus, HostStatus, LabStatus

__all__ = ["ApiStatus", "Desk", "HostStatus", "Lab", "LabBusyError", "LabError", "LabStatus", "Progress"]

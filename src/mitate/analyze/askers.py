"""Code that asks other services, by its file: whom it asks.

Sources: nova/{compute,scheduler,conductor}/rpcapi.py, cinder/{volume,scheduler}/rpcapi.py, and the modules in
which Nova and Cinder keep their clients of other APIs.
"""

from __future__ import annotations

import re

BY_RPC = (
    (re.compile(r"nova/compute/rpcapi\.py"), "nova", "nova-compute"),
    (re.compile(r"nova/scheduler/(?:rpcapi|client/query)\.py"), "nova", "nova-scheduler"),
    (re.compile(r"nova/conductor/(?:rpcapi|api)\.py"), "nova", "nova-conductor"),
    (re.compile(r"cinder/volume/rpcapi\.py"), "cinder", "cinder-volume"),
    (re.compile(r"cinder/scheduler/rpcapi\.py"), "cinder", "cinder-scheduler"),
)
"""(file, project, service)"""
BY_HTTP = (
    (re.compile(r"nova/scheduler/client/report\.py"), "placement", "placement-api"),
    (re.compile(r"nova/(?:image/glance|objects/image)\.py|cinder/image/glance\.py"), "glance", "glance-api"),
    (re.compile(r"nova/network/(?:neutron|neutronv2/api)\.py"), "neutron", "neutron-server"),
    (re.compile(r"nova/volume/cinder\.py|glance_store/_drivers/cinder"), "cinder", "cinder-api"),
)

"""What Nova asks of Placement: a program for the Python that has Nova (26, Zed); it imports nothing of ours.

A case a line in (see asks.py), a line of JSON out: {"query", "fallback"} as Nova would send them, fallback
None without one; {"refused": why} when a request filter says no; {"invalid": why} when Nova's API would not
take the request.
"""

# mypy: ignore-errors
# (Nova is not where mypy looks, and has no types)

import json
import sys
from unittest import mock

import nova.conf
from nova import context, exception, objects
from nova.api.openstack.compute.servers import ServersController
from nova.scheduler import request_filter, utils
from nova.virt import hardware

CONF = nova.conf.CONF
CONF([], default_config_files=[])
objects.register_all()


def request_spec(case):
    flavor = objects.Flavor(
        flavorid="f",
        name="f",
        vcpus=case["vcpus"],
        memory_mb=case["ram_mb"],
        root_gb=case["disk_gb"],
        ephemeral_gb=case["ephemeral_gb"],
        swap=case["swap_mb"],
        extra_specs=case["extra_specs"],
    )
    image = objects.ImageMeta.from_dict(
        {"id": "i", "name": "i", "disk_format": case["disk_format"], "properties": case["image"]}
    )
    spec = objects.RequestSpec(
        flavor=flavor,
        image=image,
        is_bfv=case["from_volume"],
        availability_zone=case["zone"] or None,
        project_id=case["project"],
        num_instances=1,
        requested_resources=[],
        requested_networks=objects.NetworkRequestList(objects=[]),
        force_hosts=[case["forced_host"]] if case["forced_host"] else None,
        force_nodes=None,
        scheduler_hints={name: [value] for name, value in case["hints"]},
        requested_destination=None,
        request_level_params=objects.RequestLevelParams(
            root_required=set(), root_forbidden=set(), same_subtree=[]
        ),
        numa_topology=None,
    )
    if case["host"]:
        spec.requested_destination = objects.Destination(host=case["host"])
    return spec


def aggregates(case):
    return [objects.Aggregate(id=n, **each) for n, each in enumerate(case["aggregates"])]


def by_host(ctxt, host=None):
    return [each for each in aggregates(NOW) if host in each.hosts]


def by_metadata(ctxt, key=None, value=None):
    return [
        each
        for each in aggregates(NOW)
        if any((key is None or key == k) and (value is None or value == v) for k, v in each.metadata.items())
    ]


def not_matching(ctxt, keys, prefix, value=None):
    return [
        each
        for each in aggregates(NOW)
        if any(k.startswith(prefix) and v == value and k not in keys for k, v in each.metadata.items())
    ]


class Hosts:
    def get_compute_nodes_by_host_or_node(self, ctxt, host, node, cell=None):
        return [
            objects.ComputeNode(uuid=uuid, host=name, hypervisor_hostname=name)
            for name, uuid in NOW["hosts"]
            if name == host
        ]


def told(case):
    spec = request_spec(case)
    try:
        hardware.numa_get_constraints(spec.flavor, spec.image)  # as the API does
        utils.ResourceRequest.from_request_spec(spec)
        hardware.get_ephemeral_encryption_constraint(spec.flavor, spec.image)
    except Exception as error:
        return {"invalid": repr(error)[:200]}
    ctxt = context.get_admin_context()
    if spec.force_hosts:  # as the API does
        spec.availability_zone = ServersController._validate_host_availability_zone(
            ctxt, spec.availability_zone, spec.force_hosts[0]
        )
    try:
        request_filter.process_reqspec(ctxt, spec)
    except exception.RequestFilterFailed as error:
        return {"refused": str(error)}
    queries = []
    try:
        for pinning in (True, False):
            asked = utils.resources_from_request_spec(ctxt, spec, Hosts(), enable_pinning_translate=pinning)
            queries.append((asked.to_querystring(), asked.cpu_pinning_requested))
    except exception.NoValidHost as error:
        return {"refused": str(error)}
    query, pinned = queries[0]
    pinned = pinned and not CONF.workarounds.disable_fallback_pcpu_query
    return {"query": query, "fallback": queries[1][0] if pinned else None}


for line in sys.stdin:
    NOW = json.loads(line)
    for section, name, value in NOW["options"]:
        CONF.set_override(name, value == "True", group=section)
    with (
        mock.patch.object(objects.AggregateList, "get_by_host", by_host),
        mock.patch.object(objects.AggregateList, "get_by_metadata", by_metadata),
        mock.patch.object(objects.aggregate.AggregateList, "get_non_matching_by_metadata_keys", not_matching),
    ):
        print(json.dumps(told(NOW)), flush=True)
    for section, name, _ in NOW["options"]:
        CONF.clear_override(name, group=section)

"""What Placement answers: a program for the Python that has it (8, Zed); it imports nothing of ours.

The real application, called in this process, with a database in memory. A case a line in (see clouds.py), a
line of JSON out: for each of its queries the roots that could take it, or the words of a refusal.
"""

# mypy: ignore-errors
# (Placement is not where mypy looks, and has no types)

import json
import sys

from oslo_config import cfg
from placement import conf, db_api, deploy
from placement.db.sqlalchemy import migration
from sqlalchemy import text
from webob import Request

TABLES = (
    "allocations",
    "inventories",
    "resource_provider_traits",
    "resource_provider_aggregates",
    "placement_aggregates",
    "consumers",
)
PROJECT = "00000000-0000-4000-8000-00000000aaaa"

config = cfg.ConfigOpts()
conf.register_opts(config)
config.set_override("auth_strategy", "noauth2", group="api")
config.set_override("connection", "sqlite://", group="placement_database")
config.set_override("randomize_allocation_candidates", False, group="placement")
config([], default_config_files=[])
db_api.configure(config)
migration.create_schema(db_api.get_placement_engine())
APP = deploy.loadapp(config)


def ask(method, path, body=None):
    request = Request.blank(path, method=method)
    request.headers["X-Auth-Token"] = "admin"
    request.headers["OpenStack-API-Version"] = "placement 1.36"
    if body is not None:
        request.content_type = "application/json"
        request.body = json.dumps(body).encode()
    return request.get_response(APP)


def must(method, path, body=None):
    answer = ask(method, path, body)
    if answer.status_int >= 300:
        raise RuntimeError(f"{method} {path} {body}: {answer.status_int} {answer.text}")


def forget():
    with db_api.get_placement_engine().begin() as connection:
        for table in TABLES:
            connection.execute(text(f"DELETE FROM {table}"))
        connection.execute(text("UPDATE resource_providers SET parent_provider_id = NULL"))
        connection.execute(text("DELETE FROM resource_providers"))


def build(case):
    forget()
    for name in case["classes"]:
        must("PUT", f"/resource_classes/{name}")
    for name in case["traits"]:
        must("PUT", f"/traits/{name}")
    for each in case["providers"]:
        own = f"/resource_providers/{each['id']}"
        body = {"name": each["name"], "uuid": each["id"]}
        if each["parent"]:
            body["parent_provider_uuid"] = each["parent"]
        must("POST", "/resource_providers", body)
        generation = 0
        if each["inventories"]:
            must(
                "PUT",
                f"{own}/inventories",
                {
                    "resource_provider_generation": generation,
                    "inventories": each["inventories"],
                },
            )
            generation += 1
        if each["traits"]:
            must(
                "PUT",
                f"{own}/traits",
                {
                    "resource_provider_generation": generation,
                    "traits": each["traits"],
                },
            )
            generation += 1
        if each["aggregates"]:
            must(
                "PUT",
                f"{own}/aggregates",
                {
                    "resource_provider_generation": generation,
                    "aggregates": each["aggregates"],
                },
            )
    for consumer, held in case["allocations"]:
        must(
            "PUT",
            f"/allocations/{consumer}",
            {
                "allocations": {provider: {"resources": amounts} for provider, amounts in held.items()},
                "consumer_generation": None,
                "project_id": PROJECT,
                "user_id": PROJECT,
            },
        )


def roots(case, query):
    answer = ask("GET", f"/allocation_candidates?{query}")
    if answer.status_int != 200:
        return {"refusal": answer.json["errors"][0]["detail"]}
    summaries = answer.json["provider_summaries"]
    found = {
        summaries[provider]["root_provider_uuid"]
        for each in answer.json["allocation_requests"]
        for provider in each["allocations"]
    }
    return {"roots": sorted(found)}


for line in sys.stdin:
    case = json.loads(line)
    build(case)
    print(json.dumps([roots(case, query) for query in case["queries"]]), flush=True)

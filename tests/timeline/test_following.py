"""What belongs to a server or request: by its requests, and by the ids of its things."""

from __future__ import annotations

from mitate.analyze.timeline.following import Belonging, first_ids
from tests.timeline.lines import LOCAL, OTHER, PORT, REQUEST, SERVER, action, known, line, server

PLUGGED = f"Creating event network-vif-plugged:{PORT} for instance {SERVER} on compute1"


def test_the_api_s_ids_come_first() -> None:
    told = first_ids(known([], [server(domain="instance-00000007", volumes=(OTHER[4:],)), action("create")]))
    assert [(each.kind, each.id) for each in told] == [
        ("server", SERVER),
        ("request", REQUEST),
        ("volume", OTHER[4:]),
        ("domain", "instance-00000007"),
    ]


def test_a_global_id_makes_a_line_belong() -> None:
    of_neutron = line(1, "neutron-server", "bound", request=LOCAL, global_request=REQUEST)
    story = known([of_neutron], [action("create")])
    assert Belonging(story).why(of_neutron) == "request"
    assert LOCAL in {each.id for each in story.followed}, "Neutron calls others in its own request"


def test_neutron_s_own_requests_are_followed_by_what_they_tell_nova() -> None:
    told = line(
        3,
        "nova-api",
        PLUGGED,
        request=LOCAL,
        global_request=OTHER,
        logger="nova.api.openstack.compute.server_external_events",
    )
    agent = line(2, "neutron-rpc-server", "device up", request=OTHER, logger="neutron.plugins.ml2.rpc")
    story = known([agent, told], [action("create")])
    kinds = {each.id: each.kind for each in story.followed}
    assert kinds[LOCAL] == kinds[OTHER] == "request"
    assert kinds[PORT] == "port"
    assert kinds[PORT[:11]] == "device"
    assert Belonging(story).why(agent) == "request"


def test_agents_and_libvirt_know_no_request() -> None:
    made = line(0, "nova-compute", f"plugged VIFBridge(active=False,id={PORT})", request=REQUEST)
    tap = line(1, "neutron-linuxbridge-agent", f"Port tap{PORT[:11]} updated.", host="compute1")
    story = known([made, tap], [action("create")])
    assert Belonging(story).why(tap) == "thing"


def test_who_only_looks_is_no_part_of_it() -> None:
    looks = [
        line(9, "nova-api", f'10.0.0.5 "GET /v2.1/servers/{SERVER}" status: 200', request=OTHER),
        line(9, "nova-scheduler", f"instances: ['{SERVER}']", level="DEBUG", request=OTHER),
    ]
    story = known(looks, [action("create")])
    assert [Belonging(story).why(each) for each in looks] == ["routine", "routine"]
    assert OTHER not in {each.id for each in story.followed}


def test_who_changes_it_is_followed() -> None:
    asked = line(9, "nova-api", f'10.0.0.5 "DELETE /v2.1/servers/{SERVER}" status: 204', request=OTHER)
    story = known([asked])
    assert OTHER in {each.id for each in story.followed}


def test_another_server_s_lines_do_not_belong() -> None:
    other = line(1, "nova-compute", "Claim successful", resource=OTHER[4:], request=OTHER)
    assert Belonging(known([other], [action("create")])).why(other) == ""


def test_an_image_is_shared_and_counts_during_the_request_only() -> None:
    image = "70a599e0-31e7-49b7-b260-868f441e862b"
    facts = [server(image_id=image), action("create")]
    now = line(1, "glance-api", f"Image {image} is gone", level="ERROR")
    later = line(900, "glance-api", f"Image {image} is gone again", level="ERROR")
    belonging = Belonging(known([now, later], facts))
    assert belonging.why(now) == "thing"
    assert belonging.why(later) == ""


def test_a_request_leads_to_its_server() -> None:
    told = [
        line(0, "nova-compute", "Claim successful", resource=SERVER, request=REQUEST),
        line(1, "nova-compute", "Instance destroyed successfully.", resource=SERVER),
        line(500, "nova-compute", "VM Stopped (Lifecycle Event)", resource=SERVER),
    ]
    story = known(told, kind="request", id_=REQUEST)
    assert ("server", SERVER) in {(each.kind, each.id) for each in story.followed}
    belonging = Belonging(story)
    assert [belonging.why(each) for each in told] == ["request", "thing", ""], "only while it was at work"

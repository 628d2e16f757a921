"""How a cloud is asked about placement: how often, and what is said when it does not answer.

The cloud is imitated by an HTTP server on the loopback; its hosts cannot be reached by ssh.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from mitate.app import Truth, check_up
from mitate.model.errors import CannotStart
from mitate.model.placement import Explanation, Given, Stage, Verdict
from mitate.placing import MOST, explain_placement
from tests.placement.imitated_cloud import DOWN, IMAGE, SERVER, ImitatedCloud
from tests.transport.imitation import reply, write_clouds

Ask = Callable[..., Explanation]


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Callable[[int], tuple[ImitatedCloud, Ask]]]:
    made: list[ImitatedCloud] = []

    def cloud_of(hosts: int) -> tuple[ImitatedCloud, Ask]:
        cloud = ImitatedCloud(hosts)
        made.append(cloud)
        clouds = write_clouds(tmp_path, f"{cloud.url}/v3")
        (tmp_path / "ssh_config").write_text("Host *\n  HostName 127.0.0.1\n  Port 1\n")
        truth = Truth(cloud="test", clouds_file=clouds, ssh_config=tmp_path / "ssh_config")

        def ask(server: str = "", **given: object) -> Explanation:
            return asyncio.run(explain_placement(truth, server, Given(**given)))  # type: ignore[arg-type]

        ask.truth = truth  # type: ignore[attr-defined] # for the test that records
        return cloud, ask

    yield cloud_of
    for cloud in made:
        cloud.server.shutdown()
        cloud.server.server_close()


@pytest.fixture
def small(make: Callable[[int], tuple[ImitatedCloud, Ask]]) -> tuple[ImitatedCloud, Ask]:
    return make(3)


@pytest.mark.parametrize("hosts", [1, 12, 5000])
@pytest.mark.parametrize("server", ["web1", SERVER])
def test_no_more_than_thirty_requests(
    make: Callable[[int], tuple[ImitatedCloud, Ask]], hosts: int, server: str
) -> None:
    cloud, ask = make(hosts)
    told = ask(server)
    assert told.verdict is Verdict.NO_HOST
    assert len(told.hosts) == hosts
    assert told.api_requests == len(cloud.asked) <= MOST == 30
    assert not [path for path in cloud.asked if path.startswith(("PUT", "DELETE", "PATCH"))]
    assert [path for path in cloud.asked if path.startswith("POST")] == ["POST /v3/auth/tokens"]
    assert cloud.sent("MEMORY_MB%3A999999", "limit=10000"), "the exact question"
    assert cloud.sent("allocation_candidates", "limit=1&") or cloud.sent("limit=1"), "what proves it"
    assert cloud.sent("/inventories")


def test_so_many_hosts_that_not_all_hypervisors_can_be_asked_for(
    make: Callable[[int], tuple[ImitatedCloud, Ask]],
) -> None:
    cloud, ask = make(300)
    cloud.page = 10
    told = ask(flavor="m1.small")
    assert len(cloud.asked) <= MOST
    assert [gap for gap in told.gaps if "more than the 30 requests" in gap.why]


def test_a_request_by_options(small: tuple[ImitatedCloud, Ask]) -> None:
    cloud, ask = small
    told = ask(flavor="m1.small", image="cirros", zone="nova", count=2)
    assert told.verdict is Verdict.FITS
    assert told.wanted.image is not None
    assert told.wanted.image.id == IMAGE
    assert (told.wanted.zone, told.wanted.count, told.wanted.ram_mb) == ("nova", 2, 512)
    assert not cloud.sent("os-instance-actions")


def test_a_server_with_parts_replaced(small: tuple[ImitatedCloud, Ask]) -> None:
    _, ask = small
    told = ask("web1", flavor="m1.small", zone="nova:compute1", hints=(("a", "b"),), properties=(("x", "y"),))
    assert told.wanted.ram_mb == 512
    assert told.wanted.forced_host == "compute1"
    assert told.wanted.hints == (("a", "b"),)
    assert told.wanted.extra_specs == (("x", "y"),)
    assert told.wanted.server_id == SERVER


def says(ask: Ask, server: str = "", **given: object) -> str:
    """The one sentence why it cannot start."""
    with pytest.raises(CannotStart) as why:
        ask(server, **given)
    assert "\n" not in str(why.value)
    return str(why.value)


UNKNOWN_ID = "00000000-1111-4222-8333-444455556666"


def test_what_there_is_not(small: tuple[ImitatedCloud, Ask]) -> None:
    cloud, ask = small
    cloud.at(f"/v2.1/servers/{UNKNOWN_ID}", reply({"itemNotFound": {"message": "could not be found"}}, 404))
    assert says(ask, "wbe1") == "there is no server 'wbe1'; did you mean web1?"
    assert says(ask, UNKNOWN_ID) == f"there is no server '{UNKNOWN_ID}'"
    assert says(ask, flavor="m1.smal") == "there is no flavour 'm1.smal'; did you mean m1.small?"
    assert says(ask, flavor="m1.small", image="cirrus") == "there is no image 'cirrus'; did you mean cirros?"
    assert says(ask, flavor="m1.small", zone="nvoa") == "there is no availability zone 'nvoa': there are nova"
    assert "there is no server" in says(ask, "../../os-keypairs")
    assert "there is no server" in says(ask, "$(reboot)")
    assert "too long" in says(ask, "x" * 500)
    assert not cloud.sent("keypairs?"), cloud.asked


def test_several_of_one_name(small: tuple[ImitatedCloud, Ask]) -> None:
    cloud, ask = small
    other = cloud.the_server(id=UNKNOWN_ID)
    cloud.at("/v2.1/servers/detail", reply({"servers": [cloud.the_server(), other]}))
    assert says(ask, "web1").startswith("2 servers are called 'web1': give the id of one (")


def test_no_admin_rights(small: tuple[ImitatedCloud, Ask]) -> None:
    cloud, ask = small
    cloud.all_at("compute", reply({"forbidden": {"message": "Policy doesn't allow it"}}, 403))
    cloud.all_at("placement", reply({"errors": [{"detail": "no"}]}, 403))
    for server, flavor in (("web1", ""), (SERVER, ""), ("", "m1.small")):
        assert "needs the admin role (HTTP 403)" in says(ask, server, flavor=flavor)


@pytest.mark.parametrize(
    "answer",
    [DOWN, reply({"unexpected": []}), (200, "application/json", b"{"), reply({"errors": []}, 406)],
    ids=["down", "another shape", "garbage", "too old"],
)
def test_placement_that_does_not_answer(small: tuple[ImitatedCloud, Ask], answer: object) -> None:
    """Nothing is said to fit, and nothing is said to be refused, that could not be seen."""
    cloud, ask = small
    cloud.all_at("placement", answer)  # type: ignore[arg-type] # a reply or a route
    told = ask(flavor="m1.small")
    assert told.verdict is Verdict.UNKNOWN
    assert "cannot be told" in told.says and "\n" not in told.says
    assert [gap for gap in told.gaps if "Provider" in gap.kinds]
    assert len(cloud.asked) <= MOST


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (DOWN, "HTTP 503"),
        ((200, "application/json", b"{"), "not JSON"),
        (reply({}, 406), "does not know microversion"),
    ],
)
def test_nova_that_does_not_answer(small: tuple[ImitatedCloud, Ask], answer: object, why: str) -> None:
    cloud, ask = small
    cloud.all_at("compute", answer)  # type: ignore[arg-type] # a reply or a route
    for server, flavor in (("web1", ""), (SERVER, ""), ("", "m1.small")):
        assert why in says(ask, server, flavor=flavor)


def test_keystone_that_does_not_answer(small: tuple[ImitatedCloud, Ask]) -> None:
    cloud, ask = small
    cloud.routes["POST /v3/auth/tokens"] = lambda query, headers: reply({}, 503)
    assert "gives no token: HTTP 503" in says(ask, "web1")


def test_a_server_that_has_another_shape(small: tuple[ImitatedCloud, Ask]) -> None:
    cloud, ask = small
    cloud.at(f"/v2.1/servers/{SERVER}", reply({"server": {"id": SERVER, "status": "ERROR"}}))
    assert "flavor.vcpus" in says(ask, SERVER)


def test_a_recording_explains_it_and_contacts_nobody(
    small: tuple[ImitatedCloud, Ask], tmp_path: Path
) -> None:
    """Of ``mitate record``, which knew nothing of what would be asked."""
    cloud, ask = small
    bundle = tmp_path / "there.tar.gz"
    asyncio.run(check_up(ask.truth, record_to=bundle))  # type: ignore[attr-defined]
    asked = len(cloud.asked)
    told = asyncio.run(explain_placement(Truth(bundle=bundle), "web1", Given()))
    assert told.verdict is Verdict.NO_HOST
    assert told.stage is Stage.PLACEMENT
    assert {each.rejected_by for each in told.hosts} == {"MEMORY_MB"}
    assert told.api_requests == 0
    assert len(cloud.asked) == asked
    with pytest.raises(CannotStart, match="did you mean web1"):
        asyncio.run(explain_placement(Truth(bundle=bundle), "wbe1", Given()))

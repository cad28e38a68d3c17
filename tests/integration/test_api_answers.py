"""What the API says about a site, against what its ports told."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

import pytest
from prometheus_client.parser import text_string_to_metric_families

from callcenter.domain.calendar import Calendar
from callcenter.domain.errors import StoreRefused, StoreTooSlow, StoreUnavailable
from callcenter.domain.ids import PbxId, QueueName
from callcenter.domain.policies import QueuePolicy, ServiceLevelPolicy, SitePolicies
from callcenter.metrics.dictionary import EXAMPLE_HOUR
from callcenter.metrics.summaries import QueueSummary
from callcenter.ports import QueueRow
from tests.support.api import (
    CALLER,
    LEG,
    NOW,
    PBX,
    QUEUE,
    ApiUnderTest,
    be_heard,
    queue_summary,
    running_api,
    story,
    visit,
)
from tests.support.archive import ListArchive


@pytest.fixture
async def api() -> AsyncIterator[ApiUnderTest]:
    async with running_api() as api:
        yield api


async def test_visits_come_in_pages_without_holes(api: ApiUnderTest) -> None:
    seen: list[str] = []
    cursor = ""
    while True:
        _, page = await api.get(f"/api/v1/visits?limit=2{cursor}")
        seen += [item["visit_id"] for item in page["items"]]
        if page["next_cursor"] is None:
            break
        assert len(page["items"]) == 2
        cursor = f"&cursor={quote(page['next_cursor'], safe='')}"
    assert len(seen) == len(set(seen)) == 6
    assert seen[0] == f"{LEG}~sales~1"


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("pbx=pbx1", 6),
        ("pbx=other", 0),
        ("queue=sales&agent=Chen%20Yu&outcome=answered", 6),
        ("outcome=abandoned", 0),
        (f"leg={LEG}", 1),
        ("from=2026-11-23T09:27:30Z", 3),
        ("to=2026-11-23T09:27:30Z", 3),
        ("from=2026-11-23T17:27:30%2B08:00&to=2026-11-23T17:29:30%2B08:00", 2),
    ],
)
async def test_visits_are_filtered(api: ApiUnderTest, query: str, count: int) -> None:
    _, page = await api.get(f"/api/v1/visits?{query}")
    assert len(page["items"]) == count


async def test_a_visit_shows_everything_behind_it(api: ApiUnderTest) -> None:
    status, shown = await api.get(f"/api/v1/visits/{PBX}/{LEG}~sales~1")
    assert status == 200
    assert (shown["agent"], shown["outcome"], shown["ended_by"]) == ("Chen Yu", "answered", "caller")
    assert (shown["wait_seconds"], shown["talk_seconds"], shown["recordings"]) == (14, 93.4, 1)
    assert [item["type"] for item in shown["timeline"]] == ["call.offered", "call.answered"]
    assert [item["adapter"] for item in shown["timeline"]] == ["ami", "queue_log"]
    assert shown["timeline"][1]["fields"]["member"] == {"interface": "PJSIP/1001", "name": "Chen Yu"}
    assert "CallerIDNum: 13••••000" in shown["timeline"][0]["wording"]
    assert shown["timeline"][1]["wording"] == f"1795424910|{LEG}|sales|NONE|ENTERQUEUE||13••••000|1"
    assert shown["disagreements"][0]["queue_log"] == "13"
    assert shown["anomalies"][0]["detail"] == "13••••000"
    assert len(shown["rings"]) == len(shown["same_call"]) == 1


async def test_queue_names_with_slashes_have_an_address() -> None:
    odd = visit(queue=QueueName("a/b ~%{张}"))
    async with running_api(ListArchive(stories=[story(odd)])) as api:
        status, shown = await api.get(f"/api/v1/visits/{PBX}/{quote(odd.visit_id, safe='')}")
        assert (status, shown["queue"]) == (200, "a/b ~%{张}")


async def test_todays_figures_of_queues(api: ApiUnderTest) -> None:
    _, today = await api.get("/api/v1/queues/today")
    assert (today["date"], today["timezone"]) == ("2026-11-23", "Asia/Shanghai")
    assert today["since"] == "2026-11-23T00:00:00+08:00"
    (sales,) = today["queues"]
    assert sales["offered"] == 18
    assert sales["service_level"] == {
        "definition": "answered_of_offered",
        "version": 1,
        "threshold_seconds": 30,
        "part": 6.0,
        "whole": 18.0,
        "ratio": 6 / 18,
        "short_abandon_seconds": 5,
        "boundary": "at_most",
        "preset": None,
        "rule_id": ServiceLevelPolicy(threshold_seconds=30).rule_id,
        "rules": [],
    }
    assert sales["average_speed_of_answer_seconds"] == pytest.approx(55 / 3)
    assert sales["average_handle_time_seconds"] == pytest.approx(70)
    assert sales["longest_wait_seconds"] == 40
    assert {key: value for key, value in today["total"].items() if key not in ("pbx", "queue")} == {
        key: value for key, value in sales.items() if key not in ("pbx", "queue", "name")
    }


async def test_todays_figures_of_agents(api: ApiUnderTest) -> None:
    _, today = await api.get("/api/v1/agents/today")
    (agent,) = today["agents"]
    assert (agent["pbx"], agent["agent"], agent["answered"]) == ("pbx1", "Chen Yu", 3)
    assert agent["paused_seconds_by_reason"] == {"lunch": 120.0}
    assert agent["occupancy"] == pytest.approx(210 / 780)


async def test_a_total_over_different_rules_says_so() -> None:
    rows = [QueueRow(PBX, QueueName(name), NOW, queue_summary()) for name in ("a", "b")]
    archive = ListArchive(rows_of_queues=rows)
    async with running_api(archive) as api:
        _, today = await api.get("/api/v1/queues/today")
        assert today["total"]["service_level"]["threshold_seconds"] == 20
        assert (today["total"]["service_level"]["part"], today["total"]["service_level"]["whole"]) == (4, 18)


async def test_two_pbxs_may_have_queues_of_the_same_name() -> None:
    rows = [QueueRow(PbxId(name), QUEUE, NOW, QueueSummary(offered=n, unknown=n)) for n, name in enumerate("ab", 1)]
    async with running_api(ListArchive(rows_of_queues=rows)) as api:
        _, today = await api.get("/api/v1/queues/today")
        assert [(row["pbx"], row["offered"]) for row in today["queues"]] == [("a", 1), ("b", 2)]
        assert today["total"]["offered"] == 3


async def test_nothing_counted_is_null_and_not_zero() -> None:
    async with running_api(ListArchive()) as api:
        _, today = await api.get("/api/v1/queues/today")
        assert today["queues"] == []
        assert today["total"]["offered"] == 0
        assert today["total"]["service_level"]["ratio"] is None
        assert today["total"]["average_speed_of_answer_seconds"] is None
        assert today["total"]["longest_wait_seconds"] is None


async def test_the_store_is_asked_for_today_at_most_once_a_moment(api: ApiUnderTest) -> None:
    await asyncio.gather(*(api.get("/api/v1/queues/today") for _ in range(20)))
    assert api.archive.asked.count("queue_rows") == 1
    api.clock.at += timedelta(seconds=60)
    await api.get("/api/v1/agents/today")
    assert api.archive.asked.count("queue_rows") == 2


async def test_the_day_is_the_sites_own(api: ApiUnderTest) -> None:
    api.clock.at = datetime(2026, 11, 23, 16, 0, tzinfo=UTC)  # midnight in Shanghai
    _, today = await api.get("/api/v1/queues/today")
    assert (today["date"], today["queues"]) == ("2026-11-24", [])
    _, samples = await api.get("/api/v1/samples")
    assert (samples["day"], samples["items"]) == ("2026-11-24", [])


@pytest.mark.parametrize("interval", ["15m", "30m", "hour", "day"])
async def test_intervals_add_up_to_the_day(api: ApiUnderTest, interval: str) -> None:
    query = f"from=2026-11-23T00:00:00%2B08:00&to=2026-11-24T00:00:00%2B08:00&interval={interval}"
    _, answer = await api.get(f"/api/v1/queues/intervals?{query}")
    assert sum(row["offered"] for row in answer["rows"]) == 18
    assert answer["interval"] == interval
    assert {row["start"][-6:] for row in answer["rows"]} == {"+08:00"}
    assert len(answer["rows"]) == {"15m": 2, "30m": 2, "hour": 1, "day": 1}[interval]


async def test_intervals_are_cut_on_whole_quarters_and_chosen_by_name(api: ApiUnderTest) -> None:
    query = "from=2026-11-23T09:16:00Z&to=2026-11-23T09:29:00Z&interval=15m"
    _, answer = await api.get(f"/api/v1/queues/intervals?{query}&queue=sales&pbx=pbx1")
    assert (answer["from"], answer["to"]) == ("2026-11-23T17:15:00+08:00", "2026-11-23T17:30:00+08:00")
    assert len(answer["rows"]) == 1
    assert (await api.get(f"/api/v1/queues/intervals?{query}&queue=other"))[1]["rows"] == []
    assert len((await api.get(f"/api/v1/agents/intervals?{query}&agent=Chen%20Yu"))[1]["rows"]) == 1
    assert (await api.get(f"/api/v1/agents/intervals?{query}&agent=other"))[1]["rows"] == []


async def test_the_repeated_hour_of_autumn_is_two_rows() -> None:
    first = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    rows = [QueueRow(PBX, QUEUE, first + timedelta(hours=n), QueueSummary(offered=1)) for n in range(3)]
    async with running_api(ListArchive(rows_of_queues=rows), zone="Europe/Berlin") as api:
        query = "from=2026-10-24T22:00:00Z&to=2026-10-25T23:00:00Z"
        _, hours = await api.get(f"/api/v1/queues/intervals?{query}&interval=hour")
        assert [row["start"] for row in hours["rows"]] == [
            "2026-10-25T02:00:00+02:00",
            "2026-10-25T02:00:00+01:00",
            "2026-10-25T03:00:00+01:00",
        ]
        _, days = await api.get(f"/api/v1/queues/intervals?{query}&interval=day")
        assert [row["offered"] for row in days["rows"]] == [3]
        _, weeks = await api.get(f"/api/v1/queues/intervals?{query}&interval=week")
        assert [(row["start"], row["offered"]) for row in weeks["rows"]] == [("2026-10-19T00:00:00+02:00", 3)]
        _, months = await api.get(f"/api/v1/queues/intervals?{query}&interval=month")
        assert [(row["start"], row["offered"]) for row in months["rows"]] == [("2026-10-01T00:00:00+02:00", 3)]


CHANGED = SitePolicies(
    default=QueuePolicy(service_level=ServiceLevelPolicy(threshold_seconds=20), threshold_from_pbx=False),
    default_later=(
        QueuePolicy(
            service_level=ServiceLevelPolicy(threshold_seconds=30, valid_from=date(2026, 11, 25)),
            threshold_from_pbx=False,
            valid_from=date(2026, 11, 25),
        ),
    ),
)
WEEK = [
    QueueRow(PBX, QUEUE, datetime(2026, 11, 23 + day, 4, tzinfo=UTC), EXAMPLE_HOUR)
    for day in range(4)  # Monday to Thursday
]


async def test_days_before_and_after_a_change_count_by_their_own_rule() -> None:
    async with running_api(ListArchive(rows_of_queues=WEEK), policies=CHANGED) as api:
        query = "from=2026-11-22T16:00:00Z&to=2026-11-29T16:00:00Z"
        _, days = await api.get(f"/api/v1/queues/intervals?{query}&interval=day")
        levels = [row["service_level"] for row in days["rows"]]
        assert [(one["threshold_seconds"], one["part"], one["whole"]) for one in levels] == [
            (20, 2, 9),
            (20, 2, 9),
            (30, 3, 9),
            (30, 3, 9),
        ]
        assert all(one["rules"] == [] for one in levels)
        _, weeks = await api.get(f"/api/v1/queues/intervals?{query}&interval=week")
        (level,) = [row["service_level"] for row in weeks["rows"]]
        assert (level["definition"], level["threshold_seconds"], level["rule_id"]) == (
            "answered_of_offered",
            None,
            None,
        )
        assert (level["part"], level["whole"], level["ratio"]) == (10, 36, 10 / 36)
        rules = [
            (rule["threshold_seconds"], rule["valid_from"], rule["part"], rule["whole"]) for rule in level["rules"]
        ]
        assert rules == [(20, None, 4, 18), (30, "2026-11-25", 6, 18)]


async def test_the_rules_with_the_days_from_which_they_hold() -> None:
    async with running_api(ListArchive(), policies=CHANGED, zone="Europe/Berlin") as api:
        _, told = await api.get("/api/v1/rules")
        assert (told["timezone"], told["day_starts_at_hour"], told["week_starts_on"]) == ("Europe/Berlin", 0, "monday")
        levels = [(one["valid_from"], one["service_level"]["threshold_seconds"]) for one in told["default"]]
        assert levels == [(None, 20), ("2026-11-25", 30)]
        assert {one["service_level"]["formula"] for one in told["default"]} == {"answered within T / offered"}
        assert told["queues"] == {}


async def test_a_day_begins_at_the_hour_of_the_site() -> None:
    night = SitePolicies(calendar=Calendar(zone=ZoneInfo("Asia/Shanghai"), day_starts_at_hour=18))
    async with running_api(ListArchive(), policies=night) as api:
        _, today = await api.get("/api/v1/queues/today")  # it is 17:30 there
        assert (today["date"], today["since"]) == ("2026-11-22", "2026-11-22T18:00:00+08:00")


async def test_the_same_calls_by_every_vendors_rule() -> None:
    rows = [QueueRow(PBX, QUEUE, NOW - timedelta(hours=1), EXAMPLE_HOUR)]
    own = SitePolicies(default=QueuePolicy(threshold_from_pbx=False))
    async with running_api(ListArchive(rows_of_queues=rows), policies=own) as api:
        _, told = await api.get(f"/api/v1/queues/service-levels?queue={QUEUE}")
        assert (told["from"], told["offered"], told["refused"]) == ("2026-11-23T00:00:00+08:00", 9, 1)
        found = {one["preset"]: (one["part"], one["whole"]) for one in told["presets"]}
        assert found["cisco_negative"] == (2, 9) == (told["in_force"]["part"], told["in_force"]["whole"])
        assert (found["amazon_connect"], found["nethvoice"], found["genesys_default"]) == ((3, 9), (3, 10), (2, 5))
        assert {one["at_most_seconds"]: one["answered"] for one in told["answer_times"] if one["answered"]} == {
            5: 1,
            20: 1,
            30: 1,
        }
        _, other = await api.get("/api/v1/queues/service-levels?threshold_seconds=30&short_abandon_seconds=60")
        found = {one["preset"]: (one["threshold_seconds"], one["part"], one["whole"]) for one in other["presets"]}
        assert (found["cisco_negative"], found["talkdesk"], found["nethvoice"]) == ((30, 3, 9), (30, 3, 7), (60, 3, 10))
        _, none = await api.get("/api/v1/queues/service-levels?queue=other")
        assert {one["ratio"] for one in none["presets"]} == {None}


async def test_the_same_calls_are_those_of_the_day_whatever_the_clock_of_the_pbx() -> None:
    rows = [QueueRow(PBX, QUEUE, NOW + timedelta(hours=n), EXAMPLE_HOUR) for n in (-1, 1)]
    async with running_api(ListArchive(rows_of_queues=rows)) as api:
        _, today = await api.get("/api/v1/queues/today")
        _, told = await api.get("/api/v1/queues/service-levels")
        assert told["in_force"]["whole"] == today["total"]["service_level"]["whole"] == 18
        assert told["to"] == "2026-11-24T00:00:00+08:00"


async def test_all_definitions_with_their_examples(api: ApiUnderTest) -> None:
    _, told = await api.get("/api/v1/definitions")
    found = {(one["subject"], one["name"]): one for one in told}
    assert len(found) == len(told)
    preset = found["preset", "cisco_ignore"]
    assert preset["example"] == {"value": 0.25, "part": 2, "whole": 8}
    assert preset["formula"] == "answered within T / (offered − abandoned within T)"
    assert preset["parameters"]["formula"] == "abandons_in_time_ignored"
    assert found["queue", "asterisk_sl2"]["example"]["value"] == 0.6
    assert found["agent", "utilisation"]["parameters"] is None


async def test_further_figures_by_name() -> None:
    rows = [QueueRow(PBX, QUEUE, NOW - timedelta(hours=1), EXAMPLE_HOUR)]
    async with running_api(ListArchive(rows_of_queues=rows)) as api:
        query = "from=2026-11-23T00:00:00Z&to=2026-11-24T00:00:00Z&interval=day"
        names = "longest_wait_lost,abandon_ratio_without_short"
        _, told = await api.get(f"/api/v1/queues/intervals?{query}&measures={names}")
        assert [row["measures"] for row in told["rows"]] == [
            {"longest_wait_lost": 60, "abandon_ratio_without_short": 1 / 8}
        ]
        status, problem = await api.get(f"/api/v1/queues/intervals?{query}&measures=fcr")
        assert (status, "fcr" in str(problem)) == (400, True)


@pytest.mark.parametrize(
    "query",
    [
        "from=2026-11-24T00:00:00Z&to=2026-11-23T00:00:00Z",
        "from=2026-11-23T00:00:00Z&to=2026-11-23T00:00:00Z",
        "from=2026-01-01T00:00:00Z&to=2026-12-31T00:00:00Z&interval=15m",
        "from=2020-01-01T00:00:00Z&to=2026-12-31T00:00:00Z&interval=day",
        "from=2026-11-23T00:00:00Z",
        "from=2026-11-23T00:00:00Z&to=2026-11-24T00:00:00Z&interval=whole",
    ],
)
@pytest.mark.parametrize("subject", ["queues", "agents"])
async def test_stretches_that_make_no_sense_are_refused(api: ApiUnderTest, query: str, subject: str) -> None:
    status, problem = await api.get(f"/api/v1/{subject}/intervals?{query}")
    assert (status, problem["title"]) == (400, "The request cannot be met as it stands")


async def test_recordings_show_no_folder_and_no_caller(api: ApiUnderTest) -> None:
    _, page = await api.get("/api/v1/recordings")
    assert page["items"][0]["name"] == f"sales-13••••000-{LEG}.wav"


async def test_samples_of_a_day(api: ApiUnderTest) -> None:
    _, shown = await api.get(f"/api/v1/samples?day={date(2026, 11, 23)}&pbx=pbx1")
    assert [item["position"] for item in shown["items"]] == [1]
    assert (await api.get("/api/v1/samples?day=2026-11-22"))[1]["items"] == []


async def test_the_feed_says_how_well_each_pbx_is_heard(api: ApiUnderTest) -> None:
    await be_heard(api)
    api.clock.at += timedelta(seconds=3)
    _, shown = await api.get("/api/v1/feed")
    heard, imported = shown["pbxs"]
    assert (heard["pbx"], heard["state"], heard["age_seconds"], heard["final"]) == ("pbx1", "live", 3.0, True)
    assert (heard["unknown_events"], heard["problems"]) == ({"Strange": 2}, {"torn": 1})
    assert heard["events_by_source"] == {"ami": 8, "queue_log": 4}
    assert heard["gaps"][0]["filled_from"] == "queue_log"
    assert (imported["pbx"], imported["state"], imported["age_seconds"]) == ("imported", None, None)


async def test_what_is_still_in_the_stream_is_not_final(api: ApiUnderTest) -> None:
    await be_heard(api)
    await api.stream.publish(PBX, "ami", [(1, b"batch")])
    delivery = (await api.stream.read(PBX, "recorder", "c", limit=1, wait_seconds=0))[0]
    _, shown = await api.get("/api/v1/feed")
    assert (shown["pbxs"][0]["final"], shown["pbxs"][0]["dead_letters"]) == (False, 0)
    await api.stream.bury(PBX, "recorder", delivery, "unreadable")
    _, shown = await api.get("/api/v1/feed")
    assert (shown["pbxs"][0]["final"], shown["pbxs"][0]["dead_letters"]) == (True, 1)


async def test_ready_when_everything_answers(api: ApiUnderTest) -> None:
    status, starting = await api.get("/readyz")
    assert (status, starting["ready"]) == (503, False)
    assert {"name": "feed of pbx1", "ok": False, "problem": "starting"} in starting["checks"]
    await be_heard(api)
    status, ready = await api.get("/readyz")
    assert (status, ready["ready"]) == (200, True)
    assert (await api.get("/healthz"))[0] == 200


async def test_not_ready_when_the_store_is_away(api: ApiUnderTest, monkeypatch: pytest.MonkeyPatch) -> None:
    await be_heard(api)
    fail(api, monkeypatch, StoreUnavailable("db:5432", "refused"))
    status, readiness = await api.get("/readyz")
    assert status == 503
    assert {"name": "store", "ok": False, "problem": "StoreUnavailable"} in readiness["checks"]
    assert (await api.get("/healthz"))[0] == 200
    assert (await api.get("/api/v1/live"))[0] == 200, "the floor needs no store"


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (StoreUnavailable("db:5432", "x"), 503),
        (StoreTooSlow("db:5432", "x"), 504),
        (StoreRefused("db:5432", "x"), 500),
    ],
)
async def test_a_failing_store_is_a_problem_and_tells_no_address(
    api: ApiUnderTest, monkeypatch: pytest.MonkeyPatch, error: Exception, status: int
) -> None:
    fail(api, monkeypatch, error)
    for path in ("/api/v1/visits", "/api/v1/queues/today", "/api/v1/feed", "/metrics"):
        answered, problem = await api.get(path)
        assert answered == status
        assert "5432" not in str(problem)


async def test_prometheus_reads_every_figure_and_no_person(api: ApiUnderTest) -> None:
    await be_heard(api)
    api.clock.at += timedelta(seconds=2)
    async with api.client.get(f"{api.url}/metrics") as answer:
        assert answer.content_type == "text/plain"
        text = await answer.text()
    found = samples(text)
    by = (("pbx", "pbx1"), ("queue", "sales"))
    assert found["callcenter_queue_waiting", by] == 1
    assert found["callcenter_queue_longest_wait_seconds", by] == 62
    assert found["callcenter_queue_agents", (*by, ("state", "ready"))] == 1
    assert found["callcenter_queue_offered_today", by] == 18
    assert found["callcenter_queue_visits_today", (("outcome", "abandoned"), *by)] == 4
    assert found["callcenter_feed_age_seconds", (("pbx", "pbx1"),)] == 2
    assert found["callcenter_unknown_events", (("pbx", "pbx1"),)] == 2
    assert found["callcenter_feed_state", (("pbx", "pbx1"), ("state", "live"))] == 1
    assert found["callcenter_stream_backlog_entries", (("pbx", "pbx1"),)] == 0
    for person in (CALLER, "13••", "Chen Yu", "PJSIP/1001", LEG):
        assert person not in text


def samples(text: str) -> dict[tuple[str, Any], float]:
    """Every sample by name and labels."""
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def fail(api: ApiUnderTest, monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    """From now on the store does not answer."""

    async def failing(*args: object, **options: object) -> None:
        raise error

    for name in ("pbxs", "visits", "queue_rows", "agent_rows", "feed"):
        monkeypatch.setattr(api.archive, name, failing)

"""Stored rows become a report in the agreed form."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import jsonschema
import pytest

from callcenter.domain.batches import SourceProgress
from callcenter.domain.calendar import Calendar
from callcenter.domain.calls.visits import Outcome
from callcenter.domain.errors import NotFound
from callcenter.domain.ids import AgentId, PbxId, QueueName, Source
from callcenter.domain.periods import QUARTER, Interval, Period
from callcenter.domain.policies import (
    AfterCallPolicy,
    AfterCallRule,
    QueuePolicy,
    ServiceLevelFormula,
    ServiceLevelPolicy,
    SitePolicies,
)
from callcenter.metrics.definitions import QUEUE_METRICS
from callcenter.metrics.queues import queue_summary
from callcenter.metrics.summaries import AgentSummary, Durations, QueueSummary, ReasonSeconds
from callcenter.ports import AgentRow, FeedGap, FeedReport, QueueRow, QueueSettings, VisitStory
from callcenter.report import Report, ReportRequest, build_report, read_report, to_json, to_table
from tests.support.archive import ListArchive
from tests.support.visits import visit

PBX = PbxId("lab")
SALES, VIP = QueueName("sales"), QueueName("vip")
ALICE = AgentId("Alice Martin")
EIGHT = datetime(2026, 3, 2, 8, tzinfo=UTC)
PERIOD = Period(EIGHT, EIGHT + timedelta(hours=2))
BERLIN = ZoneInfo("Europe/Berlin")
IN_BERLIN = SitePolicies(calendar=Calendar(zone=BERLIN))
SCHEMA = json.loads(Path("tests/contracts/report.schema.json").read_text(encoding="utf-8"))

HOUR = queue_summary(
    [
        visit(0, wait=5, talk=60.0),
        visit(100, wait=20, talk=30.5, hold=4.0, transferred=True),
        visit(200, wait=45, talk=10.0),
        visit(300, Outcome.ABANDONED, wait=2),
        visit(400, Outcome.TIMED_OUT, wait=60),
    ]
)


def queue_row(quarter: int, summary: QueueSummary = HOUR, queue: QueueName = SALES, pbx: PbxId = PBX) -> QueueRow:
    return QueueRow(pbx, queue, EIGHT + quarter * QUARTER, summary)


def agent_row(quarter: int, summary: AgentSummary, agent: AgentId = ALICE) -> AgentRow:
    return AgentRow(PBX, agent, EIGHT + quarter * QUARTER, summary)


def feed_of(pbx: PbxId = PBX, **more: Any) -> FeedReport:
    given = {"progress": (), "events_by_source": {}, "anomalies": {}, "disagreements": 0, "gaps": (), "stale_marks": 0}
    return FeedReport(pbx=pbx, **{**given, **more})


def report(
    queues: list[QueueRow] | None = None,
    agents: list[AgentRow] | None = None,
    *,
    interval: Interval = Interval.WHOLE,
    zone: ZoneInfo = BERLIN,
    policies: SitePolicies | None = None,
    settings: list[QueueSettings] | None = None,
    feeds: list[FeedReport] | None = None,
) -> Report:
    request = ReportRequest(
        interval=interval, policies=replace(policies or SitePolicies(), calendar=Calendar(zone=zone))
    )
    return build_report(request, PERIOD, queues or [], agents or [], settings or [], feeds or [])


def shown(*args: Any, **more: Any) -> dict[str, Any]:
    """As JSON, which must read back as it was and keep to the contract."""
    told = to_json(report(*args, **more))
    jsonschema.validate(told, SCHEMA, format_checker=jsonschema.FormatChecker())
    read: dict[str, Any] = json.loads(json.dumps(told))
    assert read == told
    return read


class TestForm:
    def test_an_empty_report_keeps_the_contract(self) -> None:
        told = shown()
        assert (told["queues"], told["agents"]) == ([], [])

    def test_it_says_what_it_is_about(self) -> None:
        told = shown(interval=Interval.HALF_HOUR)
        assert told["period"] == {"start": "2026-03-02T09:00:00+01:00", "end": "2026-03-02T11:00:00+01:00"}
        assert (told["interval"], told["timezone"]) == ("30m", "Europe/Berlin")

    def test_one_queue(self) -> None:
        (line,) = shown([queue_row(0)])["queues"]
        assert line["interval_start"] == "2026-03-02T09:00:00+01:00"
        assert (line["offered"], line["answered"], line["abandoned"], line["timed_out"]) == (5, 3, 1, 1)
        assert line["answered_within"] == {"10": 1, "20": 2, "30": 2}
        assert line["wait_answered_seconds"] == {"count": 3, "total": 70, "maximum": 45}
        assert line["wait_abandoned_seconds"] == {"count": 1, "total": 2, "maximum": 2}
        assert line["talk_seconds"] == {"count": 3, "total": 100.5, "maximum": 60}
        assert line["average_speed_of_answer"] == pytest.approx(70 / 3, abs=1e-6)
        assert line["average_handle_time"] == 33.5
        assert line["service_level"] == 0.4
        assert line["service_level_counts"] == {"part": 2, "whole": 5}
        assert line["transferred"] == 1

    def test_the_balance_holds_in_every_line(self) -> None:
        lines = shown([queue_row(n) for n in range(8)], interval=Interval.HOUR)["queues"]
        assert len(lines) == 2
        for line in lines:
            assert line["offered"] == sum(line[outcome.value] for outcome in Outcome) == 20

    def test_one_agent(self) -> None:
        summary = AgentSummary(
            answered=2,
            talk=Durations(2, 100, 60),
            talk_seconds=100,
            acw_seconds=20,
            signed_in_seconds=900,
            paused_seconds=300,
            occupied_seconds=120,
            idle_seconds=480,
            paused_by_reason=ReasonSeconds({"lunch": 200.0, "": 100.0}),
        )
        (line,) = shown(agents=[agent_row(0, summary), agent_row(1, summary)])["agents"]
        assert (line["answered"], line["talk_seconds"], line["signed_in_seconds"]) == (4, 200, 1800)
        assert line["paused_seconds_by_reason"] == {"": 200, "lunch": 400}
        assert (line["occupancy"], line["average_handle_time"]) == (0.2, 60)

    def test_where_there_is_nothing_to_divide_by_stands_null(self) -> None:
        (line,) = shown([queue_row(0, QueueSummary(ring_no_answer=1))])["queues"]
        assert [line[name] for name in ("service_level", "average_speed_of_answer", "average_handle_time")] == [
            None
        ] * 3
        (agent,) = shown(agents=[agent_row(0, AgentSummary(ring_no_answer=1))])["agents"]
        assert (agent["occupancy"], agent["average_handle_time"]) == (None, None)

    def test_the_noise_of_floats_is_taken_off(self) -> None:
        (line,) = shown(agents=[agent_row(n, AgentSummary(talk_seconds=0.1)) for n in range(3)])["agents"]
        assert line["talk_seconds"] == 0.3


class TestCutting:
    def test_into_the_hours_of_the_site(self) -> None:
        lines = shown([queue_row(n) for n in range(8)], zone=ZoneInfo("Asia/Kathmandu"), interval=Interval.HOUR)[
            "queues"
        ]
        assert [(line["interval_start"], line["offered"]) for line in lines] == [
            ("2026-03-02T13:00:00+05:45", 5),
            ("2026-03-02T14:00:00+05:45", 20),
            ("2026-03-02T15:00:00+05:45", 15),
        ]

    def test_the_whole_begins_where_the_period_does(self) -> None:
        (line,) = shown([queue_row(3), queue_row(5)])["queues"]
        assert line["interval_start"] == "2026-03-02T09:00:00+01:00"

    def test_queues_of_two_pbxs_stay_apart(self) -> None:
        lines = shown([queue_row(0), queue_row(0, pbx=PbxId("other"))])["queues"]
        assert [(line["pbx"], line["offered"]) for line in lines] == [("lab", 5), ("other", 5)]

    def test_a_queue_that_nobody_called_stands_in_the_whole(self) -> None:
        settings = [QueueSettings(PBX, VIP, 10)]
        lines = {line["queue"]: line["offered"] for line in shown([queue_row(0)], settings=settings)["queues"]}
        assert lines == {"sales": 5, "vip": 0}
        assert len(shown([queue_row(0)], settings=settings, interval=Interval.HOUR)["queues"]) == 1


class TestRules:
    def test_the_threshold_is_the_queues_own(self) -> None:
        settings = [QueueSettings(PBX, SALES, 45)]
        (line,) = shown([queue_row(0)], settings=settings)["queues"]
        assert line["service_level_rule"]["threshold_seconds"] == 45
        assert line["answered_within"] == {"10": 1, "20": 2, "30": 2, "45": 3}
        assert line["service_level"] == 0.6

    def test_each_queue_has_the_formula_of_its_rule(self) -> None:
        own = QueuePolicy(service_level=ServiceLevelPolicy(formula=ServiceLevelFormula.ASTERISK))
        policies = SitePolicies(queues={"vip": own})
        lines = shown([queue_row(0), queue_row(0, queue=VIP)], policies=policies)["queues"]
        assert {line["queue"]: line["service_level_counts"]["whole"] for line in lines} == {"sales": 5, "vip": 3}
        assert [line["service_level_rule"]["name"] for line in lines] == ["answered_of_offered", "asterisk"]

    def test_a_line_over_a_change_of_rule_shows_both(self) -> None:
        later = QueuePolicy(
            service_level=ServiceLevelPolicy(threshold_seconds=45, valid_from=date(2026, 3, 2)),
            threshold_from_pbx=False,
            valid_from=date(2026, 3, 2),
        )
        policies = SitePolicies(
            calendar=Calendar(zone=BERLIN), default=QueuePolicy(threshold_from_pbx=False), default_later=(later,)
        )
        rows = [queue_row(0), queue_row(-48)]
        (line,) = shown(rows, policies=policies)["queues"]
        assert line["service_level_rule"] | {"rule_id": None} == {
            "name": "answered_of_offered",
            "version": 1,
            "preset": None,
            "threshold_seconds": None,
            "short_abandon_seconds": 5,
            "boundary": "at_most",
            "valid_from": None,
            "rule_id": None,
        }
        counted = [
            (rule["threshold_seconds"], rule["valid_from"], rule["part"], rule["whole"])
            for rule in line["service_level_rules"]
        ]
        assert counted == [(20, None, 2, 5), (45, "2026-03-02", 3, 5)]
        assert (line["service_level"], line["service_level_counts"]) == (0.5, {"part": 5, "whole": 10})
        assert line["answered_within"] == {"10": 2, "20": 4, "30": 4, "45": 6}
        told = shown(rows, policies=policies)["definitions"]
        assert [one["valid_from"] for one in told["later"]] == ["2026-03-02"]

    def test_every_definition_has_its_measure(self) -> None:
        (line,) = shown([queue_row(0)])["queues"]
        assert line["measures"].keys() == {row.name for row in QUEUE_METRICS}
        assert (line["measures"]["longest_wait"], line["measures"]["short_abandons"]) == (60, 1)

    def test_the_rules_in_force_are_told_with_name_and_version(self) -> None:
        rule = AfterCallPolicy(rule=AfterCallRule.FIXED, fixed_seconds=30, version=3)
        policies = SitePolicies(default=QueuePolicy(after_call=rule), static_members_signed_in=True)
        told = shown(policies=policies)["definitions"]
        assert told["after_call_work"] | {"pause_reasons": []} == {
            "name": "fixed",
            "version": 3,
            "fixed_seconds": 30,
            "pause_reasons": [],
            "cap_seconds": 600,
        }
        assert told["service_level"]["formula"] == "answered within T / offered"
        assert told["signed_in"]["name"] == "any_member"
        contested = ("service_level", "after_call_work", "abandoned", "attribution", "occupancy", "signed_in")
        assert all(told[rule]["name"] and told[rule]["version"] for rule in contested)


class TestFeed:
    def test_all_pbxs_together(self) -> None:
        def progress(source: Source, frames: int) -> SourceProgress:
            return SourceProgress(
                source=source, connection="c", offset=1, frames=frames, unknown={"Odd": 1}, problems={"torn_line": 2}
            )

        gap = FeedGap(PBX, Source.AMI, EIGHT, EIGHT + QUARTER, "closed", Source.QUEUE_LOG)
        feeds = [
            feed_of(
                progress=(progress(Source.AMI, 100), progress(Source.QUEUE_LOG, 10)),
                events_by_source={Source.AMI: 50},
                anomalies={"closing_without_visit": 1},
                disagreements=2,
                gaps=(gap,),
            ),
            feed_of(
                PbxId("other"), progress=(progress(Source.AMI, 7),), events_by_source={Source.AMI: 5}, stale_marks=4
            ),
        ]
        told = shown(feeds=feeds)["feed"]
        assert told["frames_by_source"] == {"ami": 107, "queue_log": 10}
        assert told["events_by_source"] == {"ami": 55}
        assert (told["unknown"], told["problems"]) == ({"Odd": 3}, {"torn_line": 6})
        assert (told["anomalies"], told["disagreements"], told["stale_intervals"]) == (
            {"closing_without_visit": 1},
            2,
            4,
        )
        assert [(one["pbx"], one["filled_from"]) for one in told["gaps"]] == [("lab", "queue_log")]


class TestTable:
    def test_queues(self) -> None:
        table = to_table(report([queue_row(0)]), "queue")
        row = dict(zip(table.columns, table.rows[0], strict=True))
        assert (row["Queue"], row["Offered"], row["Service level"], row["ASA s"]) == ("sales", "5", "40.0%", "23.3")
        assert "Europe/Berlin" in table.title

    def test_agents(self) -> None:
        table = to_table(report(agents=[agent_row(0, AgentSummary(signed_in_seconds=900.0))]), "agent")
        row = dict(zip(table.columns, table.rows[0], strict=True))
        assert (row["Agent"], row["Signed in s"], row["Occupancy"]) == ("Alice Martin", "900", "–")


class TestAsking:
    async def test_without_a_period_everything_that_the_sources_told_of(self) -> None:
        stories = [VisitStory(visit(at, talk=1.0), (), (), (), (), ()) for at in (100, 7000)]
        archive = ListArchive(stories=stories, rows_of_queues=[queue_row(0), queue_row(7)], reports={PBX: feed_of()})
        told = await read_report(archive, ReportRequest(policies=IN_BERLIN))
        assert told.period == Period(EIGHT + timedelta(seconds=100), EIGHT + timedelta(seconds=7000))
        assert [line.figures.summary.offered for line in told.queues] == [10]

    async def test_a_period_is_widened_to_whole_quarters_and_says_so(self) -> None:
        archive = ListArchive(rows_of_queues=[queue_row(n) for n in range(8)], reports={PBX: feed_of()})
        period = Period(EIGHT + timedelta(minutes=20), EIGHT + timedelta(minutes=31))
        told = await read_report(archive, ReportRequest(policies=IN_BERLIN, period=period))
        assert told.period == Period(EIGHT + QUARTER, EIGHT + 3 * QUARTER)
        assert [line.figures.summary.offered for line in told.queues] == [10]

    async def test_one_pbx(self) -> None:
        other = PbxId("other")
        archive = ListArchive(
            rows_of_queues=[queue_row(0), queue_row(0, pbx=other)], reports={PBX: feed_of(), other: feed_of(other)}
        )
        asked = ReportRequest(policies=IN_BERLIN, period=PERIOD, pbx=other)
        told = await read_report(archive, asked)
        assert ([line.pbx for line in told.queues], [one.pbx for one in told.feeds]) == ([other], [other])

    async def test_nothing_recorded_is_not_an_empty_day(self) -> None:
        with pytest.raises(NotFound):
            await read_report(ListArchive(), ReportRequest(policies=IN_BERLIN))

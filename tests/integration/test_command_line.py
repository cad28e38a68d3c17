"""Every command as a person meets it: what it says, where, and with which exit status."""

import csv
import gzip
import io
import json
import socket
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import redis

from tests.support.command import Ended, callcenter
from tests.support.recorded import TRACES

LOG = TRACES / "day-ast22" / "queue_log.gz"
SCHEMA = json.loads((Path(__file__).parents[1] / "contracts" / "report.schema.json").read_text("utf-8"))
OFFERED = 519
"""Callers who entered a queue by that log."""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which that log has been imported into ``data``."""
    folder = tmp_path_factory.mktemp("site")
    done = callcenter("import", "queue-log", LOG, "--pbx", "lab", cwd=folder)
    assert (done.status, done.out) == (0, "")
    assert "lines read" in done.err
    return folder


def report(site: Path, *words: object) -> Ended:
    done = callcenter("report", *words, cwd=site)
    assert (done.status, done.err) == (0, "")
    return done


def in_json(site: Path, *words: object) -> Any:
    told = json.loads(report(site, "--format", "json", *words).out)
    jsonschema.validate(told, SCHEMA)
    return told


def rows(site: Path, *words: object) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(report(site, "--format", "csv", *words).out)))


# --- help ---


def test_help_names_every_command(tmp_path: Path) -> None:
    done = callcenter("--help", cwd=tmp_path)
    assert done.status == 0
    for command in ("demo", "up", "run", "replay", "import", "report", "definitions", "rebuild", "check"):
        assert f" {command} " in done.out
    assert list(tmp_path.iterdir()) == []


def test_a_word_that_is_no_command(tmp_path: Path) -> None:
    done = callcenter("dance", cwd=tmp_path)
    assert done.status == 2
    assert "dance" in done.err


# --- import ---


def test_importing_again_changes_nothing(site: Path) -> None:
    before = in_json(site)
    assert sum(queue["offered"] for queue in before["queues"]) == OFFERED
    assert callcenter("import", "queue-log", LOG, "--pbx", "lab", cwd=site).status == 0
    assert in_json(site) == before


def test_a_copy_of_a_file_tells_nothing_new(site: Path, tmp_path: Path) -> None:
    before = in_json(site)
    plain, half = tmp_path / "queue_log", tmp_path / "queue_log.1"
    plain.write_bytes(gzip.decompress(LOG.read_bytes()))
    half.write_bytes(b"".join(plain.read_bytes().splitlines(keepends=True)[:200]))
    assert callcenter("import", "queue-log", plain, half, "--pbx", "lab", cwd=site).status == 0
    after = in_json(site)
    assert (after["queues"], after["agents"]) == (before["queues"], before["agents"])
    assert after["feed"]["events_by_source"] == before["feed"]["events_by_source"]


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    done = callcenter("import", "queue-log", "gone", "--pbx", "lab", cwd=tmp_path)
    assert (done.status, done.out) == (1, "")
    assert (
        done.err == "gone: there is no such file. Mend it so: name queue_log files, plain or packed (.gz, .bz2, .xz)\n"
    )
    assert list(tmp_path.iterdir()) == []


def test_a_name_that_leads_out_of_its_folder(tmp_path: Path) -> None:
    done = callcenter("import", "queue-log", LOG, "--pbx", "..", cwd=tmp_path)
    assert done.status == 2
    assert "'..' is no name for a PBX" in done.err


# --- report ---


def test_a_report_as_a_table(site: Path) -> None:
    table = report(site).out
    for word in ("Queue", "Service level", "billing", "support", "lab", "2026-11-23 09:06"):
        assert word in table


def test_agents_as_a_table_of_quarter_hours(site: Path) -> None:
    table = report(site, "--by", "agent", "--interval", "15m").out
    assert "Alice Martin" in table
    assert "2026-11-23T09:00:00" in table
    assert "2026-11-23T09:15:00" in table


def test_a_report_as_json(site: Path) -> None:
    told = in_json(site)
    assert told["interval"] == "whole"
    assert sum(queue["offered"] for queue in told["queues"]) == OFFERED
    for queue in told["queues"]:
        assert queue["offered"] == sum(
            queue[outcome]
            for outcome in (
                *("answered", "abandoned", "timed_out", "exited_by_key", "exited_empty"),
                *("withdrawn", "still_waiting", "unknown"),
            )
        )


def test_days_begin_at_midnight_of_the_site(site: Path) -> None:
    told = in_json(site, "--interval", "day", "--timezone", "Asia/Shanghai")
    assert {queue["interval_start"] for queue in told["queues"]} == {"2026-11-23T00:00:00+08:00"}
    assert told["timezone"] == "Asia/Shanghai"


@pytest.mark.parametrize(
    ("interval", "starts"),
    [
        ("15m", {"2026-11-23T09:00:00+00:00", "2026-11-23T09:15:00+00:00"}),
        ("day", {"2026-11-23T00:00:00+00:00"}),
        ("week", {"2026-11-23T00:00:00+00:00"}),
        ("month", {"2026-11-01T00:00:00+00:00"}),
    ],
)
def test_a_report_as_csv_adds_up_to_the_whole(site: Path, interval: str, starts: set[str]) -> None:
    found = rows(site, "--interval", interval)
    assert sum(int(row["offered"]) for row in found) == OFFERED
    assert {row["pbx"] for row in found} == {"lab"}
    assert {row["interval_start"] for row in found} == starts


def test_agents_as_csv(site: Path) -> None:
    found = rows(site, "--by", "agent")
    assert "Alice Martin" in {row["agent"] for row in found}
    assert sum(int(row["answered"]) for row in found) == sum(int(row["answered"]) for row in rows(site))


def test_a_part_of_the_time_is_asked_for_in_the_zone_of_the_site(site: Path) -> None:
    early = in_json(site, "--to", "2026-11-23T09:15:00")
    shanghai = ("--timezone", "Asia/Shanghai", "--from", "2026-11-23T17:15:00", "--to", "2026-11-23T17:30:00")
    late = in_json(site, *shanghai)
    assert late["period"] == {"start": "2026-11-23T17:15:00+08:00", "end": "2026-11-23T17:30:00+08:00"}
    offered = [sum(queue["offered"] for queue in told["queues"]) for told in (early, late)]
    assert all(offered)
    assert sum(offered) == OFFERED


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--from", "2026-11-23T10:00:00", "--to", "2026-11-23T09:00:00"), "--from, --to: they leave nothing"),
        (("--pbx", "elsewhere"), "No recorded traffic is stored under elsewhere."),
    ],
)
def test_what_cannot_be_reported(site: Path, words: tuple[str, ...], said: str) -> None:
    done = callcenter("report", *words, cwd=site)
    assert (done.status, done.out) == (1, "")
    assert said in done.err


# --- rebuild ---


def test_a_rebuild_gives_the_numbers_that_were_there(site: Path) -> None:
    done = callcenter("rebuild", cwd=site)
    assert (done.status, done.err) == (0, "")
    assert done.out.startswith("lab: rebuilt; all ")
    assert done.out.endswith(" numbers are as they were\n")


def test_there_is_nothing_to_rebuild(site: Path) -> None:
    done = callcenter("rebuild", "--pbx", "elsewhere", cwd=site)
    assert (done.status, done.err) == (1, "No PBX is stored under elsewhere.\n")


# --- settings that lead nowhere ---


def test_check_says_what_is_wrong_with_each_part_and_what_to_do(tmp_path: Path, free_port: int) -> None:
    (tmp_path / "cc.toml").write_text(
        f'redis_url = "redis://127.0.0.1:{free_port}/0"\n'
        'database_url = "sqlite:////proc/nowhere/calls.db"\n'
        f'[[pbx]]\nname = "pbx1"\nqueue_log = "{tmp_path / "gone"}"\n'
        f'[pbx.ami]\nhost = "127.0.0.1"\nport = {free_port}\nusername = "cc"\nsecret = "open-sesame-canary"\n'
    )
    done = callcenter("check", "--config", "cc.toml", cwd=tmp_path)
    assert (done.status, done.err) == (1, "")
    wrong = [line for line in done.out.splitlines() if " no " in line]
    assert [line.split("│")[1].strip() for line in wrong] == ["database", "Redis", "pbx1: AMI", "pbx1: queue_log"]
    assert all(line.split("│")[4].strip() for line in wrong)
    assert "manager.conf" in done.out
    assert "logger.conf" in done.out
    assert "canary" not in done.out


def test_check_says_that_no_pbx_is_named_in_words_that_can_be_copied(tmp_path: Path) -> None:
    done = callcenter("check", cwd=tmp_path)
    assert done.status == 1
    assert "[[pbx]]" in done.out
    assert "the embedded one runs" in done.out


def test_a_wrong_settings_file_is_told_before_anything_begins(tmp_path: Path) -> None:
    (tmp_path / "cc.toml").write_text('timezone = "Mars"')
    done = callcenter("check", "--config", "cc.toml", cwd=tmp_path)
    assert (done.status, done.out) == (2, "")
    assert (
        done.err == 'cc.toml: timezone: not a time zone of the IANA database. For example: timezone = "Asia/Shanghai"\n'
    )
    assert [path.name for path in tmp_path.iterdir()] == ["cc.toml"]


def test_up_without_a_pbx(tmp_path: Path) -> None:
    done = callcenter("up", cwd=tmp_path)
    assert (done.status, done.out) == (2, "")
    assert "no PBX is named. For example: pbx = [{ name =" in done.err
    assert list(tmp_path.iterdir()) == []


PBX = json.dumps([{"name": "pbx1", "queue_log": "queue_log"}])


def test_an_address_that_others_can_reach_is_refused(tmp_path: Path) -> None:
    done = callcenter("up", cwd=tmp_path, CALLCENTER_API_HOST="0.0.0.0", CALLCENTER_PBX=PBX)
    assert (done.status, done.out) == (2, "")
    assert "'0.0.0.0' can be reached from other machines, and there is no log-in yet" in done.err
    assert 'api_host = "127.0.0.1"' in done.err
    assert list(tmp_path.iterdir()) == []


def test_a_port_that_is_taken(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        done = callcenter("up", "--port", taken.getsockname()[1], cwd=tmp_path, CALLCENTER_PBX=PBX)
    assert (done.status, done.out) == (2, "")
    assert done.err.startswith("settings: api_port: ")
    assert "in use" in done.err


def test_a_recording_needs_something_to_record(tmp_path: Path) -> None:
    done = callcenter("up", "--capture", "taken", cwd=tmp_path, CALLCENTER_PBX=PBX)
    assert done.status == 2
    assert "nothing is heard by AMI here" in done.err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--database", "nonsense"), "settings: database_url: is no database address"),
        (("--data-dir", "/proc/nowhere"), "settings: data_dir: /proc/nowhere cannot be made"),
    ],
)
def test_options_that_lead_nowhere(tmp_path: Path, words: tuple[str, ...], said: str) -> None:
    done = callcenter("report", *words, cwd=tmp_path)
    assert (done.status, done.out) == (2, "")
    assert done.err.startswith(said)


# --- replay ---


def test_a_replay_of_a_folder_that_is_not_there(tmp_path: Path) -> None:
    done = callcenter("replay", "gone", cwd=tmp_path)
    assert (done.status, done.out) == (1, "")
    assert done.err == "gone: is no folder. Mend it so: name a folder with ami.raw.gz and queue_log\n"
    assert list(tmp_path.iterdir()) == []


def test_a_replay_of_a_folder_that_lacks_a_source(tmp_path: Path) -> None:
    (tmp_path / "day").mkdir()
    done = callcenter("replay", "day", "--source", "queue-log", cwd=tmp_path)
    assert done.status == 1
    assert "holds no queue_log" in done.err


def test_a_report_needs_a_folder_to_stand_in(tmp_path: Path) -> None:
    done = callcenter("replay", TRACES / "storm-ast22", "--report", "gone/report.json", cwd=tmp_path)
    assert (done.status, done.out) == (2, "")
    assert done.err.startswith("command line: --report: there is no folder gone.")


def test_what_could_not_be_recorded_is_told(tmp_path: Path, valkey_url: str) -> None:
    """Something that is no batch lies in the stream of the PBX: the rest is reported, and the command fails."""
    with redis.Redis.from_url(valkey_url) as client:
        client.xadd("cc:{lab}:events", {"adapter": "other", "seq": 1, "batch": b"no batch"})
    words = ("--pbx", "lab", "--source", "queue-log", "--redis", valkey_url)
    done = callcenter("replay", TRACES / "storm-ast22", *words, cwd=tmp_path)
    assert done.status == 1
    assert "not recorded, and missing in the report" in done.err
    assert "BadEventField" in done.err
    assert sum(queue["offered"] for queue in json.loads(done.out)["queues"]) > 1000


# --- definitions ---


def test_definitions_as_a_table_and_as_json(tmp_path: Path) -> None:
    table = callcenter("definitions", cwd=tmp_path)
    assert (table.status, table.err) == (0, "")
    (row,) = [line for line in table.out.splitlines() if " cisco_ignore " in line]
    assert "answered within T / (offered − abandoned within T)" in row
    assert "2 / 8 = 0.25" in row
    told = json.loads(callcenter("definitions", "--format", "json", cwd=tmp_path).out)
    presets = {one["name"]: one["example"] for one in told if one["subject"] == "preset"}
    assert presets["nethvoice"] == {"value": 0.3, "part": 3, "whole": 10}
    assert list(tmp_path.iterdir()) == []


# --- another rule for after-call work ---

FIXED = '[after_call]\nrule = "fixed"\nfixed_seconds = 20\n'
LATER = '[[rules]]\nvalid_from = {day}\nafter_call = {{ rule = "fixed", fixed_seconds = 20 }}\n'


def numbers(folder: Path, settings: str) -> Any:
    """What a start with these settings makes of the imported log: the same file once more tells nothing new."""
    (folder / "rules.toml").write_text(settings, encoding="utf-8")
    done = callcenter("import", "queue-log", LOG, "--pbx", "lab", "--config", "rules.toml", cwd=folder)
    assert done.status == 0
    told = in_json(folder, "--interval", "15m", "--config", "rules.toml")
    return [told["queues"], told["agents"]]


def test_a_changed_rule_gives_the_numbers_of_a_new_installation(tmp_path: Path) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    old.mkdir()
    new.mkdir()
    before = numbers(old, "")
    after = numbers(old, FIXED)
    assert after == numbers(new, FIXED) != before
    assert sum(agent["acw_seconds"] for agent in after[1]) > 0
    # Told by its date, it is the same rule for the day of the log, and none for it from the day after on.
    dated = numbers(old, LATER.format(day="2026-11-23"))
    assert [row["acw_seconds"] for part in dated for row in part] == [
        row["acw_seconds"] for part in after for row in part
    ]
    assert numbers(old, LATER.format(day="2026-11-24")) == before
    rebuilt = callcenter("rebuild", "--config", "rules.toml", cwd=old)
    assert "as they were" in rebuilt.out


# --- directory ---


def test_who_it_was_is_said_in_a_file_and_taken_back(site: Path, tmp_path: Path) -> None:
    """Kai and Lea of the log turn out to be one person; taking that back gives every number back."""
    before = in_json(site)
    both = [agent for agent in before["agents"] if agent["agent"] in ("Kai Robot", "Lea Robot")]
    file, none = tmp_path / "people.csv", tmp_path / "none.csv"
    file.write_text("person,name,pbx,member\nkl,Kai Lea,lab,Kai Robot\nkl,,lab,Lea Robot\n")
    none.write_text("person,pbx\n")
    done = callcenter("directory", "import", file, cwd=site)
    assert (done.status, "2 lines, 2 of them new" in done.err) == (0, True)
    after = in_json(site)
    (one,) = [agent for agent in after["agents"] if agent["agent"] == "kl"]
    assert one["answered"] == sum(agent["answered"] for agent in both) > 0
    assert one["talk_seconds"] == pytest.approx(sum(agent["talk_seconds"] for agent in both))
    assert not {"Kai Robot", "Lea Robot"} & {agent["agent"] for agent in after["agents"]}
    assert callcenter("rebuild", cwd=site).out.startswith("lab: rebuilt; all")
    exported = callcenter("directory", "export", cwd=site)
    file.write_text(exported.out)
    assert "1 of them new" not in callcenter("directory", "import", file, cwd=site).err
    assert "Kai Lea" in callcenter("directory", "show", cwd=site).out
    assert callcenter("directory", "import", none, "--replace", cwd=site).status == 0
    assert in_json(site) == before


def test_a_wrong_line_changes_nothing(site: Path, tmp_path: Path) -> None:
    file = tmp_path / "people.csv"
    file.write_text("person,pbx,interface\nann,lab,PJSIP/1001\nbob,elsewhere,PJSIP/1002\n")
    done = callcenter("directory", "import", file, cwd=site)
    assert (done.status, done.out) == (1, "")
    assert "line 3: pbx: 'elsewhere' is no PBX of this site (lab)" in done.err
    assert "ann" not in callcenter("directory", "export", cwd=site).out


def test_who_is_in_doubt_is_shown_with_what_to_do(site: Path) -> None:
    """queue_log tells sign-ins by interface alone."""
    for words in (("directory", "show"), ("check",)):
        told = " ".join(callcenter(*words, cwd=site).out.split())
        assert "PJSIP/1002" in told
        assert "log_membername_as_agent" in told

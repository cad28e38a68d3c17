"""Where a setting comes from, which one wins, and what is said of a wrong one."""

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import make_url

from callcenter.domain.errors import SettingsError
from callcenter.domain.policies import AfterCallRule, Boundary, ServiceLevelFormula
from callcenter.settings import COMMAND_LINE, Settings, load

CANARY = "open-sesame-canary"
AMI = '[pbx.ami]\nhost = "10.0.0.5"\nusername = "callcenter"\n'
NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)
PBX = '[[pbx]]\nname = "pbx1"\n'


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "callcenter.toml"


@pytest.fixture(autouse=True)
def no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    """None of the machine's own."""
    for name in (
        "TIMEZONE",
        "API_PORT",
        "DATABASE_URL",
        "DATABASE_PASSWORD_FILE",
        "REDIS_URL",
        "REDIS_PASSWORD_FILE",
        "DATA_DIR",
        "PBX",
    ):
        monkeypatch.delenv(f"CALLCENTER_{name}", raising=False)


def wrong(file: Path, text: str, **options: Any) -> SettingsError:
    file.write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError) as caught:
        load(file, options)
    return caught.value


# --- layers ---


def test_without_anything_the_defaults_hold() -> None:
    settings = load()
    assert (settings.timezone, settings.api_host, settings.api_port, settings.pbx) == ("UTC", "127.0.0.1", 8765, ())
    assert settings.database == f"sqlite:///{Path('data/callcenter.db').absolute()}"


def test_options_win_over_variables_and_variables_over_the_file(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file.write_text('api_port = 1001\ntimezone = "Asia/Shanghai"\nredis_url = "redis://a"\n')
    monkeypatch.setenv("CALLCENTER_API_PORT", "1002")
    monkeypatch.setenv("CALLCENTER_TIMEZONE", "Europe/Berlin")
    settings = load(file, {"api_port": 1003, "timezone": None})
    assert (settings.api_port, settings.timezone, settings.redis_url) == (1003, "Europe/Berlin", "redis://a")


def test_tables_of_two_layers_become_one(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file.write_text(
        '[service_level]\nformula = "asterisk"\nthreshold_seconds = 30\n'
        '[queues.sales.after_call]\nrule = "fixed"\nfixed_seconds = 15\n'
    )
    monkeypatch.setenv("CALLCENTER_SERVICE_LEVEL__THRESHOLD_SECONDS", "45")
    monkeypatch.setenv("CALLCENTER_QUEUES__sales__AFTER_CALL__FIXED_SECONDS", "20")
    settings = load(file)
    assert settings.service_level.formula is ServiceLevelFormula.ASTERISK
    assert settings.service_level.threshold_seconds == 45
    rule = settings.queues["sales"].after_call
    assert rule is not None
    assert (rule.rule, rule.fixed_seconds) == (AfterCallRule.FIXED, 20)


def test_a_list_is_replaced_whole(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file.write_text(PBX + 'queue_log = "/a"\n')
    monkeypatch.setenv("CALLCENTER_PBX", json.dumps([{"name": "pbx2", "queue_log": "/b"}]))
    assert [pbx.name for pbx in load(file).pbx] == ["pbx2"]


def test_a_queue_has_the_rules_of_the_site_but_for_its_own(file: Path) -> None:
    file.write_text(
        '[service_level]\nformula = "asterisk"\nthreshold_seconds = 30\n'
        '[after_call]\nrule = "fixed"\nfixed_seconds = 15\n'
        "[queues.sales.service_level]\nthreshold_seconds = 60\nthreshold_from_pbx = false\n"
    )
    policies = load(file).policies()
    sales, other = policies.of("sales", NOON), policies.of("other", NOON)
    assert (sales.service_level.formula, sales.service_level.threshold_seconds) == (ServiceLevelFormula.ASTERISK, 60)
    assert (other.service_level.formula, other.service_level.threshold_seconds) == (ServiceLevelFormula.ASTERISK, 30)
    assert (sales.threshold_from_pbx, other.threshold_from_pbx) == (False, True)
    assert sales.after_call == other.after_call
    assert sales.after_call.fixed_seconds == 15


# --- presets and dated rules ---


def test_a_preset_stands_for_all_that_the_vendor_says(file: Path) -> None:
    file.write_text('[service_level]\npreset = "nethvoice"\n[queues.vip.service_level]\npreset = "cxengage_default"\n')
    policies = load(file).policies()
    site, vip = policies.of("other", NOON), policies.of("vip", NOON)
    level = site.service_level
    assert (level.formula, level.threshold_seconds) == (ServiceLevelFormula.ANSWERED_OF_CALLERS, 60)
    assert (level.boundary, level.preset, site.threshold_from_pbx) == (Boundary.BELOW, "nethvoice", False)
    level = vip.service_level
    assert (level.formula, level.threshold_seconds) == (ServiceLevelFormula.SHORT_ABANDONS_IGNORED, 20)
    assert (level.short_abandon_seconds, level.boundary, vip.threshold_from_pbx) == (20, Boundary.AT_MOST, True)


def test_what_is_set_beside_a_preset_wins(file: Path) -> None:
    file.write_text(
        '[service_level]\npreset = "nethvoice"\nthreshold_seconds = 20\n'
        '[queues.vip.service_level]\nformula = "asterisk"\n'
    )
    policies = load(file).policies()
    site, vip = policies.of("other", NOON).service_level, policies.of("vip", NOON).service_level
    assert (site.preset, site.threshold_seconds) == ("nethvoice", 20)
    assert (vip.preset, vip.formula, vip.threshold_seconds) == (None, ServiceLevelFormula.ASTERISK, 20)


DATED = """
[service_level]
threshold_seconds = 20
[after_call]
rule = "fixed"
fixed_seconds = 10
[[rules]]
valid_from = 2026-12-01
service_level = { threshold_seconds = 30 }
[[rules]]
valid_from = 2027-01-01
after_call = { fixed_seconds = 20 }
[queues.vip.service_level]
threshold_seconds = 10
[[queues.vip.rules]]
valid_from = 2026-12-15
service_level = { formula = "asterisk" }
"""


def rules_on(file: Path, queue: str, day: str) -> tuple[str, int, date | None, int, date | None]:
    rules = load(file).policies().of(queue, datetime.fromisoformat(f"{day}T12:00:00+00:00"))
    level, after_call = rules.service_level, rules.after_call
    return (
        level.formula.value,
        level.threshold_seconds,
        level.valid_from,
        after_call.fixed_seconds,
        after_call.valid_from,
    )


@pytest.mark.parametrize(
    ("queue", "day", "rules"),
    [
        ("sales", "2020-01-01", ("answered_of_offered", 20, None, 10, None)),
        ("sales", "2026-11-30", ("answered_of_offered", 20, None, 10, None)),
        ("sales", "2026-12-01", ("answered_of_offered", 30, date(2026, 12, 1), 10, None)),
        ("sales", "2027-03-01", ("answered_of_offered", 30, date(2026, 12, 1), 20, date(2027, 1, 1))),
        # What a queue sets for itself wins over the site's, whichever is younger; the rest follows the site.
        ("vip", "2026-12-01", ("answered_of_offered", 10, None, 10, None)),
        ("vip", "2026-12-15", ("asterisk", 10, date(2026, 12, 15), 10, None)),
        ("vip", "2027-03-01", ("asterisk", 10, date(2026, 12, 15), 20, date(2027, 1, 1))),
    ],
)
def test_each_day_has_its_own_rules(file: Path, queue: str, day: str, rules: tuple[Any, ...]) -> None:
    file.write_text(DATED)
    assert rules_on(file, queue, day) == rules


def test_rules_of_a_queue_from_a_variable(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file.write_text("[queues.sales.after_call]\nrule = 'pause_reason'\n")
    dated = [{"valid_from": "2026-12-01", "after_call": {"rule": "fixed", "fixed_seconds": 5}}]
    monkeypatch.setenv("CALLCENTER_QUEUES__sales__RULES", json.dumps(dated))
    monkeypatch.setenv("CALLCENTER_QUEUES__sales__AFTER_CALL__PAUSE_REASONS", '["wrapup"]')
    first, later = (rules.after_call for rules in load(file).policies().versions("sales"))
    assert (first.rule, first.pause_reasons) == (AfterCallRule.PAUSE_REASON, ("wrapup",))
    assert (later.rule, later.fixed_seconds, later.valid_from) == (AfterCallRule.FIXED, 5, date(2026, 12, 1))
    monkeypatch.setenv("CALLCENTER_QUEUES__sales__RULES", "soon")
    with pytest.raises(SettingsError, match="is not JSON"):
        load(file)


def test_a_rule_begins_with_the_day_of_the_site(file: Path) -> None:
    file.write_text('timezone = "Asia/Shanghai"\nday_starts_at_hour = 4\n' + DATED)
    policies = load(file).policies()
    begun = datetime(2026, 12, 1, 4, tzinfo=policies.calendar.zone)
    assert policies.of("sales", begun).service_level.threshold_seconds == 30
    assert policies.of("sales", begun - timedelta(microseconds=1)).service_level.threshold_seconds == 20


def test_every_rule_has_an_id_of_its_own_and_keeps_it(file: Path) -> None:
    file.write_text(DATED)
    versions = load(file).policies().versions("vip")
    ids = [rules.service_level.rule_id for rules in versions]
    assert len(set(ids)) == 2
    file.write_text(DATED.replace('formula = "asterisk"', 'formula = "asterisk_sl2"'))
    again = [rules.service_level.rule_id for rules in load(file).policies().versions("vip")]
    assert (again[0], again[-1] != ids[-1]) == (ids[0], True)


# --- what is wrong, where, and what would be right ---


@pytest.mark.parametrize(
    ("text", "key", "problem", "example"),
    [
        ('timezone = "Mars"', "timezone", "not a time zone", 'timezone = "Asia/Shanghai"'),
        ('timezone = "America"', "timezone", "not a time zone", 'timezone = "Asia/Shanghai"'),
        ('timezone = ""', "timezone", "not a time zone", 'timezone = "Asia/Shanghai"'),
        ('timezon = "UTC"', "timezon", "no such setting", 'timezone = "Asia/Shanghai"'),
        ("api_port = 70000", "api_port", "65535", "api_port = 8765"),
        ("[service_level]\nthreshold_seconds = -1", "service_level.threshold_seconds", "0", "threshold_seconds = 20"),
        ('[service_level]\nformula = "x"', "service_level.formula", "'asterisk'", 'formula = "answered_of_offered"'),
        ("[service_level]\ntreshold = 1", "service_level.treshold", "no such", 'formula = "answered_of_offered"'),
        ('[service_level]\npreset = "x"', "service_level.preset", "amazon_connect", 'preset = "cisco_negative"'),
        ("[[rules]]\nvalid_from = 2026-12-01", "rules.0", "changes nothing", "valid_from = "),
        ("[[rules]]\nvalid_from = 5.5", "rules.0.valid_from", "date", "valid_from = "),
        (
            "".join(
                f"[[queues.a.rules]]\nvalid_from = {day}\nafter_call = {{}}\n" for day in ("2026-12-02", "2026-12-01")
            ),
            "queues.a.rules",
            "dates must rise",
            "valid_from = ",
        ),
        ("[qa]\nseed = ''", "qa.seed", "at least 1", 'seed = "spring-2027"'),
        (PBX, "pbx.0", "needs ami, queue_log, or both", "queue_log = "),
        (PBX + AMI, "pbx.0.ami", "exactly one of secret and secret_file", "secret_file = "),
        (PBX + AMI + 'secret = "a"\nport = 0', "pbx.0.ami.port", "1", "port = 5038"),
        (PBX + 'queue_log = "/a"\n' + PBX + 'queue_log = "/b"', "pbx", "the same name", "pbx1"),
        ('pbx = "pbx1"', "pbx", "tuple", "pbx1"),
    ],
)
def test_a_wrong_setting_of_the_file(file: Path, text: str, key: str, problem: str, example: str) -> None:
    error = wrong(file, text)
    assert (error.file, error.key) == (str(file), key)
    assert problem in error.problem
    assert example in error.example


@pytest.mark.parametrize(
    "name", ["..", ".", "../pbx", "a/b", "a\\\\b", "-x", ".hidden", "a b", "张伟", "", "a" * 65, "a\\n"]
)
def test_a_name_that_would_be_no_folder_of_its_own_is_refused(file: Path, name: str) -> None:
    error = wrong(file, f'[[pbx]]\nname = "{name}"\nqueue_log = "/var/log/asterisk/queue_log"')
    assert error.key == "pbx.0.name"
    assert error.example == 'name = "pbx1"'


@pytest.mark.parametrize("name", ["pbx1", "HQ", "a..b", "10.0.0.5", "site-2_north"])
def test_usual_names_are_names(file: Path, name: str) -> None:
    file.write_text(f'[[pbx]]\nname = "{name}"\nqueue_log = "/var/log/asterisk/queue_log"')
    assert load(file).pbx[0].name == name


def test_a_wrong_variable_is_named_also_where_the_file_has_the_setting(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CALLCENTER_API_PORT", "many")
    error = wrong(file, "api_port = 1")
    assert (error.file, error.key, error.example) == ("CALLCENTER_API_PORT", "api_port", "api_port = 8765")


def test_a_wrong_variable_of_a_table_is_named_in_full(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CALLCENTER_SERVICE_LEVEL__THRESHOLD_SECONDS", "soon")
    error = wrong(file, "[service_level]\nthreshold_seconds = 5")
    assert error.file == "CALLCENTER_SERVICE_LEVEL__THRESHOLD_SECONDS"
    assert error.key == "service_level.threshold_seconds"


def test_a_variable_that_is_no_json(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CALLCENTER_PBX", "pbx1")
    with pytest.raises(SettingsError) as caught:
        load()
    assert (caught.value.file, caught.value.key, caught.value.problem) == ("CALLCENTER_PBX", "pbx", "is not JSON")
    assert json.loads(caught.value.example)[0]["name"] == "pbx1"


def test_a_wrong_part_of_a_variable_in_json(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CALLCENTER_PBX", json.dumps([{"name": "..", "queue_log": "/b"}]))
    with pytest.raises(SettingsError) as caught:
        load()
    assert (caught.value.file, caught.value.key) == ("CALLCENTER_PBX", "pbx.0.name")


def test_a_wrong_option_is_named_also_where_the_file_has_the_setting(file: Path) -> None:
    error = wrong(file, 'timezone = "UTC"', timezone="Mars")
    assert (error.file, error.key) == (COMMAND_LINE, "timezone")


def test_two_layers_that_do_not_fit_together(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file has the table, so the file is what is to be looked at."""
    monkeypatch.setenv("CALLCENTER_API_PORT", "1")
    error = wrong(file, PBX + AMI)
    assert error.file == str(file)


def test_a_file_that_is_none(file: Path, tmp_path: Path) -> None:
    assert "is not TOML" in wrong(file, "timezone = ").problem
    file.write_bytes(b'timezone = "\xff"')
    with pytest.raises(SettingsError, match="is not TOML"):
        load(file)
    for missing in (tmp_path / "missing.toml", tmp_path):
        with pytest.raises(SettingsError, match="cannot be read") as caught:
            load(missing)
        assert caught.value.file == str(missing)


# --- secrets ---


def test_no_secret_shows_in_a_repr(file: Path) -> None:
    urls = f'database_url = "postgresql://cc:{CANARY}@db/cc"\nredis_url = "redis://:{CANARY}@redis"\n'
    file.write_text(urls + PBX + AMI + f'secret = "{CANARY}"')
    settings = load(file)
    assert settings.pbx[0].ami is not None
    assert settings.pbx[0].ami.read_secret() == CANARY
    assert CANARY in settings.database
    assert CANARY not in repr(settings) + str(settings) + repr(settings.pbx)


@pytest.mark.parametrize("more", ["port = 0", 'secret_file = "/x"', "nonsense = 1"])
def test_no_secret_shows_in_an_error_or_what_caused_it(file: Path, more: str) -> None:
    error = wrong(file, PBX + AMI + f'secret = "{CANARY}"\n{more}')
    while error is not None:
        assert CANARY not in str(error) + repr(error)
        error = error.__cause__  # type: ignore[assignment]


def test_a_secret_from_a_file(file: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    file.write_text(PBX + AMI + f'secret_file = "{secret}"')
    ami = load(file).pbx[0].ami
    assert ami is not None
    with pytest.raises(SettingsError) as caught:
        ami.read_secret()
    assert caught.value.file == str(secret)
    secret.write_text(f"{CANARY}\n")
    assert ami.read_secret() == CANARY


@pytest.mark.parametrize(
    ("url", "opened"),
    [
        ("postgresql://cc@db/cc?sslmode=verify-full", "postgresql://cc:{}@db/cc?sslmode=verify-full"),
        ("postgresql://cc@/cc?host=%2Frun%2Fpostgresql", "postgresql://cc:{}@/cc?host=%2Frun%2Fpostgresql"),
        ("postgresql://db:5432/cc", "postgresql://:{}@db:5432/cc"),
    ],
)
def test_a_database_password_from_a_file(file: Path, tmp_path: Path, url: str, opened: str) -> None:
    secret = tmp_path / "secret"
    secret.write_text("p@ss/wörd \n")
    file.write_text(f'database_url = "{url}"\ndatabase_password_file = "{secret}"')
    settings = load(file)
    assert settings.database == opened.format("p%40ss%2Fw%C3%B6rd")
    assert make_url(settings.database).password == "p@ss/wörd"


def test_a_redis_password_from_a_file(file: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("p@ss\n")
    for url, opened in (
        ("redis://valkey:6379/0", "redis://:p%40ss@valkey:6379/0"),
        ("rediss://ann@[::1]/2", "rediss://ann:p%40ss@[::1]/2"),
    ):
        file.write_text(f'redis_url = "{url}"\nredis_password_file = "{secret}"')
        assert load(file).redis == opened
    assert load().redis is None


@pytest.mark.parametrize("kind", ["database", "redis"])
def test_a_password_file_needs_an_address_that_has_none(file: Path, kind: str) -> None:
    text = f'{kind}_password_file = "/run/secrets/{kind}_password"'
    for address, problem in (("", "that it would be for"), (f'{kind}_url = "postgresql://a:b@c/d"\n', "already")):
        error = wrong(file, address + text)
        assert (error.key, error.example) == (f"{kind}_password_file", text)
        assert problem in error.problem


@pytest.mark.parametrize(("content", "problem"), [(b" \n", "is empty"), (b"\xff", "UTF-8"), (None, "cannot be read")])
def test_a_password_file_that_holds_none(file: Path, tmp_path: Path, content: bytes | None, problem: str) -> None:
    secret = tmp_path / "secret"
    if content is not None:
        secret.write_bytes(content)
    file.write_text(f'database_url = "postgresql://cc@db/cc"\ndatabase_password_file = "{secret}"')
    settings = load(file)
    with pytest.raises(SettingsError, match=problem) as caught:
        settings.database  # noqa: B018 - it reads the file
    assert (caught.value.file, caught.value.key) == (str(secret), "database_password_file")


def test_every_setting_that_is_a_text_or_a_number_has_an_example() -> None:
    switches = {"api_published_on_loopback", "redis_allow_unsafe", "static_members_signed_in"}
    tables = {"database_limits", "service_level", "after_call", "queues", "qa"}
    without = {name for name, field in Settings.model_fields.items() if not field.examples}
    assert without <= switches | tables

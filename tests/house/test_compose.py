"""docker-compose.yml is a compose file, and speaks of what there is: each command, variable, port and secret."""

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from adapters.streams.safety import _DEMANDED
from callcenter.bootstrap.role import Need, Role, needs
from callcenter.settings import ENV_PREFIX, Settings, load
from tests.support.deployment import ROOT, compose, instructions, parsed, role_services

SCHEMA = Path(__file__).parents[1] / "data/compose-spec/compose-spec.json"
CONFIG = "/etc/callcenter/callcenter.toml"
DATA_DIR = "/var/lib/callcenter"
JOURNALS = {Role.AMI, Role.QUEUE_LOG}

ROLES = pytest.mark.parametrize("role", list(Role))


def service(role: Role) -> dict[str, Any]:
    return role_services()[role]


def test_it_is_a_compose_file() -> None:
    errors = Draft202012Validator(json.loads(SCHEMA.read_text("utf-8"))).iter_errors(compose())
    assert [f"{list(error.path)}: {error.message}" for error in errors] == []


def test_the_schema_would_notice() -> None:
    broken = compose()
    broken["services"]["api"]["restarts"] = "always"
    assert list(Draft202012Validator(json.loads(SCHEMA.read_text("utf-8"))).iter_errors(broken))


def test_every_role_is_a_service() -> None:
    assert set(role_services()) == set(Role)
    assert set(compose()["services"]) == {*Role, "valkey", "postgres"}


@ROLES
def test_it_runs_the_command_of_its_role(role: Role) -> None:
    found = parsed(service(role)["command"])
    assert (found["command"], found["role"], str(found["config"])) == ("run", role, CONFIG)
    assert {config["target"] for config in service(role)["configs"]} == {CONFIG}


@ROLES
def test_its_health_is_that_of_its_role(role: Role) -> None:
    kind, program, *words = service(role)["healthcheck"]["test"]
    assert (kind, program) == ("CMD", "callcenter")
    found = parsed(words)
    assert (found["command"], found["role"]) == ("health", role)


@ROLES
def test_it_has_what_its_role_needs_and_nothing_else(role: Role) -> None:
    need, its = needs([role]), service(role)
    for part, server, url, secret in (
        (Need.STREAM, "valkey", "REDIS", "redis_password"),
        (Need.STORE, "postgres", "DATABASE", "database_password"),
    ):
        wanted = part in need
        assert (server in its["depends_on"]) == wanted
        assert (f"{ENV_PREFIX}{url}_URL" in its["environment"]) == wanted
        assert (secret in its["secrets"]) == wanted
    assert {how["condition"] for how in its["depends_on"].values()} == {"service_healthy"}
    assert ("ami_secret" in its["secrets"]) == (role is Role.AMI)


@ROLES
def test_its_variables_are_settings(role: Role, monkeypatch: pytest.MonkeyPatch) -> None:
    variables = service(role)["environment"]
    assert {name.removeprefix(ENV_PREFIX).lower() for name in variables} <= set(Settings.model_fields)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    settings = load()
    for kind in ("database", "redis"):
        file = getattr(settings, f"{kind}_password_file")
        assert file is None or (file.parent == Path("/run/secrets") and file.name in service(role)["secrets"])


def test_the_servers_are_where_the_roles_look_for_them() -> None:
    services, variables = compose()["services"], service(Role.RECORDER)["environment"]
    assert variables["CALLCENTER_REDIS_URL"] == "redis://valkey:6379/0"
    its = services["postgres"]["environment"]
    assert (
        variables["CALLCENTER_DATABASE_URL"]
        == f"postgresql://{its['POSTGRES_USER']}@postgres:5432/{its['POSTGRES_DB']}"
    )
    password = Path(variables["CALLCENTER_DATABASE_PASSWORD_FILE"])
    assert Path(its["POSTGRES_PASSWORD_FILE"]) == password
    assert password.name in services["postgres"]["secrets"]


def test_valkey_keeps_what_it_acknowledges() -> None:
    command = " ".join(compose()["services"]["valkey"]["command"])
    assert {name: f"--{name} {value}" in command for name, value in _DEMANDED.items()} == dict.fromkeys(_DEMANDED, True)
    assert "--requirepass" not in command


def test_only_the_api_is_published_and_on_loopback_only(monkeypatch: pytest.MonkeyPatch) -> None:
    ports = {name: its["ports"] for name, its in compose()["services"].items() if "ports" in its}
    port = Settings.model_fields["api_port"].default
    assert ports == {"api": [f"127.0.0.1:{port}:{port}"]}
    for name, value in service(Role.API)["environment"].items():
        monkeypatch.setenv(name, value)
    settings = load()
    assert settings.api_published_on_loopback
    assert settings.api_port == port
    others = [service(role)["environment"] for role in Role if role is not Role.API]
    assert all("CALLCENTER_API_HOST" not in variables for variables in others)


def test_only_those_who_must_can_reach_the_outside() -> None:
    networks = compose()["networks"]
    assert networks["inside"]["internal"] is True
    outside = {name for name, its in compose()["services"].items() if set(its["networks"]) != {"inside"}}
    assert outside == {"ami", "api"}


@ROLES
def test_a_journal_outlives_its_container(role: Role) -> None:
    """And only a journal: what else a role keeps is in Redis and PostgreSQL."""
    its = service(role)
    mounted = [volume.split(":") for volume in its.get("volumes", [])]
    lasting = [source for source, target, *_ in mounted if target == DATA_DIR]
    assert lasting == ([role.value] if role in JOURNALS else [])
    assert bool(its["tmpfs"]) == (role not in JOURNALS)
    assert set(lasting) <= set(compose()["volumes"])


def test_the_log_of_the_pbx_is_only_read() -> None:
    volumes = service(Role.QUEUE_LOG)["volumes"]
    assert "${QUEUE_LOG_DIR:-/var/log/asterisk}:/var/log/asterisk:ro" in volumes


def test_all_that_is_declared_is_used_and_the_other_way_round() -> None:
    file = compose()
    for kind in ("secrets", "volumes", "networks"):
        used = {
            str(name).partition(":")[0]
            for its in file["services"].values()
            for name in its.get(kind, [])
            if not str(name).startswith("$")
        }
        assert used == set(file[kind]), kind
    assert set(file["configs"]) == {"callcenter"}


def test_no_secret_is_in_the_repository_or_in_a_variable() -> None:
    ignored = (ROOT / ".gitignore").read_text("utf-8").splitlines()
    assert "/config/secrets/" in ignored
    assert "/config/callcenter.toml" in ignored
    for secret in compose()["secrets"].values():
        assert secret["file"].startswith("./config/secrets/")
    for its in compose()["services"].values():
        assert not [name for name in its.get("environment", {}) if "PASSWORD" in name and not name.endswith("_FILE")]


@pytest.mark.parametrize("name", sorted(compose()["services"]))
def test_each_service_restarts_ends_in_order_and_keeps_its_log_short(name: str) -> None:
    its = compose()["services"][name]
    assert its["restart"] == "unless-stopped"
    assert its["stop_grace_period"] in {"30s", "60s"}
    assert its["logging"]["options"] == {"max-size": "10m", "max-file": "5"}
    assert its["healthcheck"]["test"]
    assert "no-new-privileges:true" in its["security_opt"]
    assert not its["image"].endswith(":latest")
    assert ":" in its["image"]


@ROLES
def test_a_role_can_change_nothing_but_its_data(role: Role) -> None:
    its = service(role)
    user = next(rest for keyword, rest in instructions() if keyword == "USER")
    assert its["user"] == user == "10001:10001"
    assert its["read_only"] is True
    assert its["cap_drop"] == ["ALL"]
    assert all("uid=10001,gid=10001" in mount for mount in its["tmpfs"])


def test_the_lines_to_begin_with_name_every_secret() -> None:
    text = (ROOT / "docker-compose.yml").read_text("utf-8").partition("\nname:")[0]
    assert all(secret in text for secret in compose()["secrets"])

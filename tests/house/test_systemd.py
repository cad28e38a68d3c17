"""The systemd units are units, run commands of ours, and give each role the secrets that it needs."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from callcenter.bootstrap.heartbeat import EVERY_SECONDS
from callcenter.bootstrap.role import Need, Role, needs
from callcenter.settings import ENV_PREFIX, Settings
from tests.support.deployment import SYSTEMD, parsed, unit, words_of
from tests.support.parts import lacks

TEMPLATE, ALONE, TARGET = SYSTEMD / "callcenter@.service", SYSTEMD / "callcenter.service", SYSTEMD / "callcenter.target"
PROGRAM = "/opt/callcenter/bin/callcenter"
SERVICES = pytest.mark.parametrize("path", [TEMPLATE, ALONE], ids=lambda path: path.name)
ROLES = pytest.mark.parametrize("role", list(Role))


def drop_in(role: Role) -> dict[str, list[str]]:
    return dict(unit(SYSTEMD / f"callcenter@{role.value}.service.d" / "secrets.conf")["Service"])


def credentials(role: Role) -> dict[str, str]:
    return dict(line.split(":", 1) for line in drop_in(role).get("LoadCredential", []))  # type: ignore[misc]


@ROLES
def test_the_template_runs_each_role(role: Role) -> None:
    (line,) = unit(TEMPLATE)["Service"]["ExecStart"]
    assert line.split()[0] == PROGRAM
    found = parsed(words_of(line.replace("%i", role.value)))
    assert (found["command"], found["role"], str(found["config"])) == ("run", role, "/etc/callcenter/callcenter.toml")


def test_one_process_for_all() -> None:
    (line,) = unit(ALONE)["Service"]["ExecStart"]
    assert parsed(words_of(line))["command"] == "up"
    assert unit(ALONE)["Unit"]["Conflicts"] == [TARGET.name]


def test_the_target_wants_every_role() -> None:
    (wanted,) = unit(TARGET)["Unit"]["Wants"]
    assert set(wanted.split()) == {f"callcenter@{role.value}.service" for role in Role}


@ROLES
def test_a_role_gets_the_secrets_that_it_needs_and_no_other(role: Role) -> None:
    need = needs([role])
    wanted = {"redis_password"} if Need.STREAM in need else set()
    wanted |= {"database_password"} if Need.STORE in need else set()
    variables = dict(line.split("=", 1) for line in drop_in(role)["Environment"])
    assert {name.removeprefix(ENV_PREFIX).lower() for name in variables} <= set(Settings.model_fields)
    assert {value.removeprefix("%d/") for value in variables.values()} == wanted
    wanted |= {"ami_secret"} if role is Role.AMI else set()
    assert credentials(role) == {name: f"/etc/callcenter/secrets/{name}" for name in wanted}


@SERVICES
def test_it_is_watched_and_begins_again(path: Path) -> None:
    its = unit(path)["Service"]
    assert its["Type"] == ["notify"]
    assert float(its["WatchdogSec"][0]) >= 5 * EVERY_SECONDS
    assert its["Restart"] == ["always"]
    assert unit(path)["Unit"]["StartLimitIntervalSec"] == ["0"]
    assert its["User"] == ["callcenter"]
    (data,) = [line for line in its["Environment"] if line.startswith("CALLCENTER_DATA_DIR=")]
    assert data.removeprefix("CALLCENTER_DATA_DIR=").replace("%S", "/var/lib") == f"/var/lib/{its['StateDirectory'][0]}"


@SERVICES
def test_systemd_understands_it(path: Path, tmp_path: Path) -> None:
    verified("callcenter@ami.service" if path is TEMPLATE else path.name, tmp_path)


@ROLES
def test_systemd_understands_what_a_role_adds(role: Role, tmp_path: Path) -> None:
    verified(f"callcenter@{role.value}.service", tmp_path)


def verified(name: str, folder: Path) -> None:
    """Let systemd read a copy of all units, in which the program is this clone's."""
    if shutil.which("systemd-analyze") is None:
        lacks("systemd", "no systemd-analyze on PATH")
    program = Path(sys.executable).parent / "callcenter"
    copy = folder / "units"
    shutil.copytree(SYSTEMD, copy)
    for file in copy.rglob("*.service"):
        if file.is_file():
            file.write_text(file.read_text("utf-8").replace(PROGRAM, str(program)), "utf-8")
    found = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", "--recursive-errors=no", str(copy / name)],
        capture_output=True,
        text=True,
        check=False,
        env={"SYSTEMD_UNIT_PATH": f"{copy}:", "PATH": "/usr/bin:/bin"},
        timeout=60,
    )
    about_ours = [line for line in found.stderr.splitlines() if "callcenter" in line]
    assert (found.returncode, about_ours) == (0, []), found.stderr

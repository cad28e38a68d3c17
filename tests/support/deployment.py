"""What is deployed, as the files say it: the services of docker-compose.yml, the image, the systemd units."""

import re
import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import typer
import yaml

from callcenter.bootstrap.role import Role
from callcenter.cli import app

ROOT = Path(__file__).parents[2]
COMPOSE = ROOT / "docker-compose.yml"
DOCKERFILE = ROOT / "config/docker/Dockerfile"
SYSTEMD = ROOT / "config/systemd"


def compose() -> dict[str, Any]:
    """The whole file, its anchors resolved."""
    return dict(yaml.safe_load(COMPOSE.read_text("utf-8")))


def role_services() -> dict[Role, dict[str, Any]]:
    """The services that run a role of ours."""
    services = compose()["services"]
    return {Role(name): service for name, service in services.items() if "build" in service}


def parsed(words: list[str]) -> dict[str, Any]:
    """What the command line makes of these words, without doing it; raises for any that it does not know."""
    name, *rest = words
    command = typer.main.get_command(app).commands[name]  # type: ignore[attr-defined]
    with command.make_context(name, rest) as made:
        return {"command": name, **made.params}


def instructions() -> Iterator[tuple[str, str]]:
    """The Dockerfile's steps: keyword and the rest."""
    text = re.sub(r"\\\n", " ", DOCKERFILE.read_text("utf-8"))
    for line in text.splitlines():
        if line.strip() and not line.startswith("#"):
            keyword, _, rest = line.strip().partition(" ")
            yield keyword, rest.strip()


def unit(path: Path) -> Mapping[str, Mapping[str, list[str]]]:
    """A systemd unit: section → key → values, in order."""
    found: dict[str, dict[str, list[str]]] = {}
    section = ""
    for line in re.sub(r"\\\n", " ", path.read_text("utf-8")).splitlines():
        if header := re.fullmatch(r"\[(\w+)\]", line.strip()):
            section = header[1]
        elif line.strip() and not line.startswith(("#", ";")):
            key, _, value = line.partition("=")
            found.setdefault(section, {}).setdefault(key.strip(), []).append(value.strip())
    return found


def words_of(line: str) -> list[str]:
    """The words of a command line of a unit, after the program."""
    return shlex.split(line)[1:]

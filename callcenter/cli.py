"""The command line: parse, call the composition root, show. Whatever is heavy is imported where it is used."""

from collections.abc import Callable
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from callcenter.bootstrap.role import Role

if TYPE_CHECKING:
    from callcenter.domain.errors import CallCenterError
    from callcenter.settings import Settings

app = typer.Typer(
    name="callcenter",
    help="Event-driven telephony service for call centres on Asterisk.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
import_app = typer.Typer(help="Read files into the store.", no_args_is_help=True)
app.add_typer(import_app, name="import")
directory_app = typer.Typer(help="Who is behind which interface or member name.", no_args_is_help=True)
app.add_typer(directory_app, name="directory")


class Source(StrEnum):
    """What of a recorded folder is replayed."""

    BOTH = "both"
    AMI = "ami"
    QUEUE_LOG = "queue-log"


class By(StrEnum):
    """What the rows of a report are about."""

    QUEUE = "queue"
    AGENT = "agent"


class Cut(StrEnum):
    """How long the intervals of a report are."""

    WHOLE = "whole"
    QUARTER_HOUR = "15m"
    HALF_HOUR = "30m"
    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"


class Format(StrEnum):
    """How a report is written."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"


class Listing(StrEnum):
    """How a list is written."""

    TABLE = "table"
    JSON = "json"


ConfigFile = Annotated[Path | None, typer.Option("--config", help="Settings in TOML.")]
DatabaseUrl = Annotated[str | None, typer.Option("--database", help="sqlite:///FILE or postgresql://…")]
RedisUrl = Annotated[str | None, typer.Option("--redis", help="A Redis >= 7.0 or Valkey instead of the embedded one.")]
DataDir = Annotated[Path | None, typer.Option("--data-dir", help="Journal, embedded Redis, SQLite.")]
Timezone = Annotated[str | None, typer.Option("--timezone", help="IANA name; days and hours are cut in it.")]
CaptureDir = Annotated[
    Path | None, typer.Option("--capture", metavar="DIR", help="Write down all AMI traffic, to be replayed: DIR/PBX.")
]
Port = Annotated[int | None, typer.Option("--port", help="Of the page and API; 0 takes any free one.")]


@app.command()
def demo(
    speed: Annotated[float, typer.Option(min=0.1, max=100, help="How many times as fast as the recording.")] = 1.0,
    port: Port = None,
    data_dir: DataDir = None,
    timezone: Timezone = None,
) -> None:
    """Show a live call centre: a PBX on loopback replays recorded traffic, again and again."""
    from callcenter.bootstrap.demo import run_demo

    options = {"api_port": port, "data_dir": data_dir, "timezone": timezone}
    _run(lambda: run_demo(_settings(None, options), speed=speed, address_told=_tell_address))


@app.command()
def up(
    config: ConfigFile = None,
    database: DatabaseUrl = None,
    redis: RedisUrl = None,
    data_dir: DataDir = None,
    port: Port = None,
    timezone: Timezone = None,
    capture: CaptureDir = None,
) -> None:
    """Run every role in this process."""
    from callcenter.bootstrap.site import ALL_ROLES
    from callcenter.bootstrap.up import run_site

    options = _common(database, redis, data_dir, timezone) | {"api_port": port}
    _run(lambda: run_site(_settings(config, options), ALL_ROLES, _tell_address, capture=capture))


@app.command("run")
def run_role(
    role: Role,
    config: ConfigFile = None,
    database: DatabaseUrl = None,
    redis: RedisUrl = None,
    data_dir: DataDir = None,
    port: Port = None,
    timezone: Timezone = None,
    capture: CaptureDir = None,
) -> None:
    """Run one role in this process."""
    from callcenter.bootstrap.up import run_site

    options = _common(database, redis, data_dir, timezone) | {"api_port": port}
    _run(lambda: run_site(_settings(config, options), [role], _tell_address, capture=capture))


@app.command()
def replay(
    folders: Annotated[list[Path], typer.Argument(metavar="DIR…", help="Recorded folders.")],
    source: Annotated[Source, typer.Option(help="What of them is replayed.")] = Source.BOTH,
    report: Annotated[Path | None, typer.Option("--report", help="Write the report here, as JSON.")] = None,
    pbx: Annotated[str | None, typer.Option(help="The PBX's name; else its SystemName, else the folder's.")] = None,
    redis: RedisUrl = None,
    database: DatabaseUrl = None,
    timezone: Timezone = None,
    config: ConfigFile = None,
) -> None:
    """Feed recorded folders through every real part, as fast as it goes, and report the numbers."""
    from callcenter.bootstrap.replay import run_replay

    settings = _settings(config, _common(database, redis, None, timezone))
    _run(lambda: run_replay(settings, folders, source.value, pbx=pbx, report=report))


@import_app.command("queue-log")
def import_queue_log(
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE…", help="Whole files, plain, .gz, .bz2 or .xz, in any order.")
    ],
    pbx: Annotated[str, typer.Option(help="Name of the PBX that wrote them.")],
    database: DatabaseUrl = None,
    data_dir: DataDir = None,
    timezone: Timezone = None,
    config: ConfigFile = None,
) -> None:
    """Read queue_log files into the store. Doing it again, or over files that overlap, changes nothing."""
    from callcenter.bootstrap.imports import run_import

    settings = _settings(config, _common(database, None, data_dir, timezone))
    _run(lambda: run_import(settings, files, pbx))


@directory_app.command("import")
def import_directory(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="CSV: person,name,pbx,interface,member,from,until")],
    replace: Annotated[bool, typer.Option("--replace", help="Take back what the file does not say.")] = False,
    database: DatabaseUrl = None,
    data_dir: DataDir = None,
    timezone: Timezone = None,
    config: ConfigFile = None,
) -> None:
    """Say who it was; every number that this touches is counted anew. Doing it again changes nothing."""
    from callcenter.bootstrap.directory import run_directory_import

    settings = _settings(config, _common(database, None, data_dir, timezone))
    _run(lambda: run_directory_import(settings, file, replace=replace))


@directory_app.command("export")
def export_directory(
    database: DatabaseUrl = None, data_dir: DataDir = None, timezone: Timezone = None, config: ConfigFile = None
) -> None:
    """Write what is said as CSV, to be mended and imported."""
    from callcenter.bootstrap.directory import run_directory_export

    settings = _settings(config, _common(database, None, data_dir, timezone))
    _run(lambda: run_directory_export(settings))


@directory_app.command("show")
def show_directory(
    database: DatabaseUrl = None, data_dir: DataDir = None, timezone: Timezone = None, config: ConfigFile = None
) -> None:
    """Show people with what is theirs, and the interfaces and names of which nobody has said whose they are."""
    from callcenter.bootstrap.directory import run_directory_show

    settings = _settings(config, _common(database, None, data_dir, timezone))
    _run(lambda: run_directory_show(settings))


@app.command("report")
def show_report(
    by: Annotated[By, typer.Option(help="Rows of a table or CSV; JSON holds both.")] = By.QUEUE,
    interval: Annotated[Cut, typer.Option(help="Length of the intervals.")] = Cut.WHOLE,
    since: Annotated[datetime | None, typer.Option("--from", help="From then on, in the site's zone.")] = None,
    until: Annotated[datetime | None, typer.Option("--to", help="Up to, not including, this instant.")] = None,
    form: Annotated[Format, typer.Option("--format", help="How it is written.")] = Format.TABLE,
    pbx: Annotated[str | None, typer.Option(help="One PBX only.")] = None,
    across: Annotated[bool, typer.Option("--across-pbxs", help="Add PBXs up: queues by name, people as one.")] = False,
    database: DatabaseUrl = None,
    data_dir: DataDir = None,
    timezone: Timezone = None,
    config: ConfigFile = None,
) -> None:
    """Show the stored numbers."""
    from callcenter.bootstrap.reports import run_report

    settings = _settings(config, _common(database, None, data_dir, timezone))
    _run(
        lambda: run_report(
            settings,
            by=by.value,
            interval=interval.value,
            since=since,
            until=until,
            form=form.value,
            pbx=pbx,
            across=across,
        )
    )


@app.command()
def definitions(
    form: Annotated[Listing, typer.Option("--format", help="How they are written.")] = Listing.TABLE,
) -> None:
    """Show what every figure means: formula, source, and what each vendor's rule makes of one example."""
    from callcenter.bootstrap.definitions import show_definitions

    show_definitions(form.value)


@app.command()
def rebuild(
    pbx: Annotated[str | None, typer.Option(help="One PBX only.")] = None,
    database: DatabaseUrl = None,
    data_dir: DataDir = None,
    timezone: Timezone = None,
    config: ConfigFile = None,
) -> None:
    """Fold all stored events again and show what differs from what was stored."""
    from callcenter.bootstrap.rebuild import run_rebuild

    settings = _settings(config, _common(database, None, data_dir, timezone))
    _run(lambda: run_rebuild(settings, pbx))


@app.command()
def check(
    config: ConfigFile = None,
    database: DatabaseUrl = None,
    redis: RedisUrl = None,
    data_dir: DataDir = None,
    timezone: Timezone = None,
) -> None:
    """Try every part that the settings name, and say what to do about what is wrong."""
    from callcenter.bootstrap.check import run_check

    settings = _settings(config, _common(database, redis, data_dir, timezone))
    _run(lambda: run_check(settings))


@app.command()
def health(
    role: Annotated[Role | None, typer.Argument(help="What the process is for; without: `callcenter up`.")] = None,
    # No settings file is read: whoever supervises asks often, and to start costs most of this command.
    data_dir: Annotated[
        Path, typer.Option("--data-dir", envvar="CALLCENTER_DATA_DIR", help="As the process has it.")
    ] = Path("data"),
) -> None:
    """Ask a process on this machine how it fares, by its sign of life; fails where it does not fare well."""
    from callcenter.bootstrap.heartbeat import ailments, sign_file

    found = ailments(sign_file(data_dir, [role] if role else list(Role)))
    typer.echo("\n".join(found) or "well", err=bool(found))
    if found:
        raise typer.Exit(1)


def _common(database: str | None, redis: str | None, data_dir: Path | None, timezone: str | None) -> dict[str, Any]:
    return {"database_url": database, "redis_url": redis, "data_dir": data_dir, "timezone": timezone}


def _settings(config: Path | None, options: dict[str, Any]) -> "Settings":
    """The settings in force; a wrong one ends the command with what to do."""
    from callcenter.domain.errors import SettingsError
    from callcenter.settings import load

    try:
        return load(config, options)
    except SettingsError as error:
        raise _failed(error, 2) from error


def _run(make: Callable[[], Any]) -> None:
    """Run a coroutine to its end. Errors of ours and of the system become a sentence and an exit status; others are
    bugs and show all."""
    import asyncio

    from callcenter.bootstrap.collector import look_seldom
    from callcenter.bootstrap.logs import log_to_stderr
    from callcenter.domain.errors import CallCenterError, SettingsError

    log_to_stderr()
    look_seldom()
    try:
        status = asyncio.run(make())
    except KeyboardInterrupt:
        raise typer.Exit(130) from None
    except (CallCenterError, OSError, BaseExceptionGroup) as error:
        first = _first(error)
        if not isinstance(first, CallCenterError | OSError):
            raise
        raise _failed(first, 2 if isinstance(first, SettingsError) else 1) from error
    if isinstance(status, int) and status:
        raise typer.Exit(status)


def _first(error: BaseException) -> BaseException:
    """The error itself, or the first one of a group of tasks that ended together."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


def _failed(error: "CallCenterError | OSError", status: int) -> typer.Exit:
    from callcenter.wording import sentence

    typer.echo(str(error) if isinstance(error, OSError) else sentence(error), err=True)
    return typer.Exit(status)


def _tell_address(address: str) -> None:
    typer.echo(f"callcenter is at {address}/")

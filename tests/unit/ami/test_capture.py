import asyncio
import gzip
import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from adapters.ami.capture import Captured, CaptureWriter, open_capture
from adapters.ami.client import AmiClient
from adapters.ami.errors import AmiDisconnected
from adapters.ami.source import ConnectionBegan, ConnectionEnded, Received, SourceItem
from callcenter.domain.errors import BadRequest, PeerError, SourceUnreadable
from tests.support.ami_client import CALM, WallClock, account
from tests.support.ami_server import ami_server, message

TRACES = Path(__file__).parents[2] / "data" / "traces"
STORIES = Path(__file__).parents[2] / "golden" / "stories"

DATA = b"Event: A\r\n\r\nEvent: Bee\r\n\r\n"
INDEX = [
    {"t": 100.0, "o": 0, "conn": 1, "event": "login"},
    {"t": 100.25, "o": 0, "n": 12},
    {"t": 101.5, "o": 12, "n": 14},
    {"t": 102.0, "o": 26, "conn": 1, "event": "logoff"},
]


def at(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def recorded(folder: Path, data: bytes = DATA, index: list[dict[str, object]] | bytes | None = INDEX) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "ami.raw.gz").write_bytes(gzip.compress(data))
    (folder / "ami.hello").write_bytes(b"hello\r\n\r\n")
    if index is not None:
        text = index if isinstance(index, bytes) else b"".join(json.dumps(entry).encode() + b"\n" for entry in index)
        (folder / "ami.idx.gz").write_bytes(gzip.compress(text))
    return folder


async def read(path: Path, speed: float | None = None) -> list[SourceItem]:
    return [item async for item in open_capture(path, speed=speed).items()]


def bytes_of(items: list[SourceItem]) -> bytes:
    return b"".join(item.data for item in items if isinstance(item, Received))


# --- folders ---------------------------------------------------------------------------------------------------------


async def test_a_folder_gives_the_reads_of_the_socket_at_their_times(tmp_path: Path) -> None:
    began, first, second, ended = await read(recorded(tmp_path))
    assert isinstance(began, ConnectionBegan)
    assert (began.at, began.hello) == (at(100), b"hello\r\n\r\n")
    assert [first, second] == [Received(DATA[:12], at(100.25)), Received(DATA[12:], at(101.5))]
    assert ended == ConnectionEnded(began.connection, at(102), "logoff")


async def test_the_connection_has_the_same_name_each_time_and_another_in_another_recording(tmp_path: Path) -> None:
    one, same = recorded(tmp_path / "one"), recorded(tmp_path / "same")
    other = recorded(tmp_path / "other", DATA.replace(b"Bee", b"Cee"))
    names = [(await read(folder))[0].connection for folder in (one, one, other)]  # type: ignore[union-attr]
    assert names[0] == names[1] != names[2]
    (same / "ami.raw.gz").write_bytes((one / "ami.raw.gz").read_bytes())
    assert (await read(same))[0] == (await read(one))[0]


async def test_every_kind_of_end_is_a_boundary(tmp_path: Path) -> None:
    index: list[dict[str, object]] = [
        {"t": 1, "o": 0, "conn": 1, "event": "login"},
        {"t": 2, "o": 0, "n": 5},
        {"t": 3, "o": 5, "conn": 1, "event": "error [Errno 104] reset"},
        {"t": 3, "o": 5, "conn": 1, "event": "closed"},
        {"t": 4, "o": 5, "conn": 2, "event": "login"},
        {"t": 5, "o": 5, "n": 5},
        {"t": 6, "o": 10, "conn": 2, "event": "dropped"},
        {"t": 7, "o": 10, "conn": 3, "event": "login"},
        {"t": 8, "o": 10, "conn": 4, "event": "login"},
        {"t": 9, "o": 10, "n": 16},
    ]
    items = await read(recorded(tmp_path, index=index))
    ends = [item for item in items if isinstance(item, ConnectionEnded)]
    assert [end.reason for end in ends] == [
        "error [Errno 104] reset",
        "dropped",
        "ended without a notice",
        "the recording ends here",
    ]
    assert [type(end.error) for end in ends] == [AmiDisconnected, AmiDisconnected, AmiDisconnected, type(None)]
    begins = [item for item in items if isinstance(item, ConnectionBegan)]
    assert [begin.connection for begin in begins] == [end.connection for end in ends]
    assert len({begin.connection for begin in begins}) == 4
    assert [begin.hello for begin in begins] == [b"hello\r\n\r\n", b"", b"", b""]
    assert bytes_of(items) == DATA


async def test_a_clock_that_jumped_back_is_told_as_it_was(tmp_path: Path) -> None:
    index: list[dict[str, object]] = [{"t": 50, "o": 0, "n": 12}, {"t": 20, "o": 12, "n": 14}]
    items = await read(recorded(tmp_path, index=index), speed=1e6)
    assert [item.at for item in items] == [at(50), at(50), at(20), at(20)]


async def test_it_plays_as_fast_as_asked(tmp_path: Path) -> None:
    folder, loop = recorded(tmp_path), asyncio.get_running_loop()
    for speed, least, most in ((None, 0.0, 0.1), (10.0, 0.2, 0.5), (1000.0, 0.002, 0.1)):
        began = loop.time()
        await read(folder, speed)
        assert least <= loop.time() - began <= most


@pytest.mark.parametrize("trace", ["day-ast22", "localopt-ast22"])
async def test_a_recorded_day_is_read_byte_for_byte(trace: str) -> None:
    items = await read(TRACES / trace)
    raw = gzip.decompress((TRACES / trace / "ami.raw.gz").read_bytes())
    assert bytes_of(items) == raw
    assert isinstance(items[-1], ConnectionEnded)
    assert (items[-1].reason, items[-1].error) == ("logoff", None)
    times = [item.at for item in items]
    assert times == sorted(times)
    assert timedelta(minutes=3) < times[-1] - times[0] < timedelta(minutes=13)


# --- single files ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("compressed", [True, False])
async def test_a_single_file_is_dated_by_the_last_timestamp_seen(tmp_path: Path, compressed: bool) -> None:
    data = (
        b"Asterisk Call Manager/11.0.0\r\nResponse: Success\r\n\r\n"
        b"Event: A\r\nTimestamp: 100.5\r\n\r\nResponse: Pong\r\n\r\n"
        b"Event: B\r\nTimestamp: 99.25\r\nA: b\r\n\r\nEvent: QueueEntry\r\n\r\nhalf a fra"
    )
    path = tmp_path / ("x.ami.gz" if compressed else "x.ami")
    path.write_bytes(gzip.compress(data) if compressed else data)
    began, *received, ended = await read(path)
    assert bytes_of(received) == data
    assert isinstance(began, ConnectionBegan)
    assert began.at == at(100.5)
    when = {piece.data[:12]: piece.at for piece in received if isinstance(piece, Received)}
    assert when == {
        b"Asterisk Cal": at(100.5),
        b"Timestamp: 1": at(100.5),
        b"Timestamp: 9": at(99.25),
        b"half a fra": at(99.25),
    }
    assert ended == ConnectionEnded(began.connection, at(99.25), "the recording ends here")


async def test_a_folder_without_an_index_is_read_as_a_single_file(tmp_path: Path) -> None:
    data = b"Event: A\r\nTimestamp: 100.5\r\n\r\n"
    assert bytes_of(await read(recorded(tmp_path, data, index=None))) == data


@pytest.mark.parametrize("version", ["16", "22"])
async def test_a_story_is_read_byte_for_byte(version: str) -> None:
    path = STORIES / "caller_hangs" / f"{version}.ami.gz"
    items = await read(path)
    assert bytes_of(items) == gzip.decompress(path.read_bytes())
    assert items == await read(path)
    assert len({item.at for item in items}) > 10


async def test_absurd_timestamps_are_data_like_any_other(tmp_path: Path) -> None:
    path = tmp_path / "x.ami"
    path.write_bytes(b"Timestamp: 99999999999999999999.1\r\nTimestamp: -5.0\r\nTimestamp: 7.1\r\n\r\n")
    items = await read(path)
    assert {item.at for item in items} == {at(7.1)}
    assert bytes_of(items) == path.read_bytes()


# --- missing, empty, torn --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("files", "problem"),
    [
        ({}, "is not there"),
        ({"ami.raw.gz": b"", "ami.idx.gz": gzip.compress(b"")}, "is empty"),
        ({"ami.raw.gz": gzip.compress(b""), "ami.idx.gz": gzip.compress(b"")}, "is empty"),
        ({"ami.raw.gz": b"Event: plain\r\n\r\n", "ami.idx.gz": gzip.compress(b"")}, "is no gzip file"),
        ({"ami.raw.gz": gzip.compress(DATA)[:10], "ami.idx.gz": gzip.compress(b"")}, "ends before its end"),
        ({"ami.raw.gz": gzip.compress(DATA)}, "nobody knows when"),
    ],
)
def test_what_cannot_be_read_says_so_before_anything_is_read(
    tmp_path: Path, files: dict[str, bytes], problem: str
) -> None:
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    with pytest.raises(SourceUnreadable) as caught:
        open_capture(tmp_path)
    assert problem in caught.value.problem
    assert str(tmp_path) in caught.value.path
    assert "ami.raw.gz" in caught.value.remedy
    assert isinstance(caught.value, PeerError)


@pytest.mark.parametrize("name", ["nowhere", "nowhere.ami.gz"])
def test_a_path_that_leads_nowhere_says_so(tmp_path: Path, name: str) -> None:
    with pytest.raises(SourceUnreadable, match="is not there"):
        open_capture(tmp_path / name)


async def test_a_torn_recording_is_read_as_far_as_it_goes(tmp_path: Path) -> None:
    text = b"".join(b"%d %s\r\n" % (n, os.urandom(8).hex().encode()) for n in range(4000))
    folder = recorded(tmp_path, text, [{"t": 1, "o": 0, "n": len(text)}])
    whole = (folder / "ami.raw.gz").read_bytes()
    for size in (len(whole) - 1, len(whole) - 9, len(whole) // 2, 2000):
        (folder / "ami.raw.gz").write_bytes(whole[:size])
        items = await read(folder)
        got, ended = bytes_of(items), items[-1]
        assert text.startswith(got)
        assert len(got) > len(text) * (size - 200) / len(whole) * 0.8
        assert isinstance(ended, ConnectionEnded)
        assert isinstance(ended.error, SourceUnreadable)
        assert "ends before its end" in ended.reason


async def test_a_damaged_recording_is_read_up_to_the_damage(tmp_path: Path) -> None:
    text = b"".join(b"%d %s\r\n" % (n, os.urandom(8).hex().encode()) for n in range(4000))
    folder = recorded(tmp_path, text, [{"t": 1, "o": 0, "n": len(text)}])
    whole = bytearray((folder / "ami.raw.gz").read_bytes())
    whole[-6] ^= 1  # the checksum
    (folder / "ami.raw.gz").write_bytes(whole)
    items = await read(folder)
    assert bytes_of(items) == text
    assert isinstance(items[-1], ConnectionEnded)
    assert "damaged" in items[-1].reason


@pytest.mark.parametrize(
    "index",
    [
        b'{"t": 1, "o": 0, "n": 12}\n{"t": 2, "o":',
        b'{"t": 1, "o": 0, "n": 12}\n',
        b"",
    ],
)
async def test_bytes_that_the_index_does_not_know_are_read_all_the_same(tmp_path: Path, index: bytes) -> None:
    items = await read(recorded(tmp_path, index=index))
    assert bytes_of(items) == DATA
    assert isinstance(items[-1], ConnectionEnded)


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        (b"garbage", "line 2 is no entry"),
        (b'{"t": 1e300, "o": 12, "n": 14}', "line 2 is no entry"),
        (b'{"t": 2, "o": 12, "n": -1}', "line 2 is no entry"),
        (b'{"t": 2, "o": 13, "n": 13}', "speaks of byte 13 where 12 is next"),
    ],
)
async def test_a_broken_index_is_told_and_the_bytes_are_read(tmp_path: Path, line: bytes, problem: str) -> None:
    items = await read(recorded(tmp_path, index=b'{"t": 1, "o": 0, "n": 12}\n' + line + b"\n"))
    assert bytes_of(items) == DATA
    assert isinstance(items[-1], ConnectionEnded)
    assert problem in items[-1].reason
    assert isinstance(items[-1].error, SourceUnreadable)


async def test_whoever_stops_reading_leaves_nothing_open(tmp_path: Path) -> None:
    before = asyncio.all_tasks()
    items = open_capture(TRACES / "day-ast22").items()
    await anext(items)
    await anext(items)
    await items.aclose()
    assert asyncio.all_tasks() == before


# --- writing ---------------------------------------------------------------------------------------------------------


async def test_what_is_captured_reads_back_as_it_was_heard(tmp_path: Path) -> None:
    folder = tmp_path / "capture"
    async with ami_server() as server:
        client = AmiClient(account(server), clock=WallClock(), timing=CALM, draw=lambda: 0.0)
        heard: list[SourceItem] = []
        async for item in Captured(client, CaptureWriter(folder)).items():
            heard.append(item)
            if isinstance(item, ConnectionBegan) and server.logins == 1:
                server.say(message("Event: Told", "Text: 张三丰") * 500)
                await server.drain()
                asyncio.get_running_loop().call_later(0.1, server.drop)
            if server.logins == 2 and len(bytes_of(heard)) > 500 * 30:
                await client.close()
    assert [type(item) for item in heard if not isinstance(item, Received)] == [
        ConnectionBegan,
        ConnectionEnded,
        ConnectionBegan,
        ConnectionEnded,
    ]
    read_back = await read(folder)
    assert bytes_of(read_back) == bytes_of(heard)
    assert len(read_back) == len(heard)
    for then, now in zip(heard, read_back, strict=True):
        assert type(then) is type(now)
        assert abs(then.at - now.at) < timedelta(milliseconds=1)
    assert read_back[0].hello == heard[0].hello  # type: ignore[union-attr]
    assert read_back[-1].error is None  # type: ignore[union-attr]
    assert all(path.stat().st_mode & 0o077 == 0 for path in [folder, *folder.iterdir()])


async def test_a_capture_that_was_killed_can_be_read(tmp_path: Path) -> None:
    writer = CaptureWriter(tmp_path / "capture")
    writer.write(ConnectionBegan("x", at(100), b"hello"))
    for n in range(100):
        writer.write(Received(b"Event: %d\r\n\r\n" % n, at(100 + n / 10)))
    (tmp_path / "copy").mkdir()
    for name in ("ami.raw.gz", "ami.idx.gz", "ami.hello"):
        (tmp_path / "copy" / name).write_bytes((tmp_path / "capture" / name).read_bytes())
    writer.close()
    items = await read(tmp_path / "copy")
    assert 90 <= bytes_of(items).count(b"\r\n\r\n") < 100
    assert isinstance(items[-1], ConnectionEnded)
    assert isinstance(items[-1].error, SourceUnreadable)


def test_a_recording_is_never_overwritten(tmp_path: Path) -> None:
    with pytest.raises(BadRequest, match="already"):
        CaptureWriter(recorded(tmp_path))
    assert gzip.decompress((tmp_path / "ami.raw.gz").read_bytes()) == DATA

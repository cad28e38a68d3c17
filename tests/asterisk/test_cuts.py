"""What dies in mid-call: Asterisk itself, and the connection to it. Afterwards every number is the PBX's own again."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from tests.asterisk.conftest import asterisk_of
from tests.asterisk.lab.comparison import differences, visit_differences
from tests.asterisk.lab.configuration import AMI_PORT, Setup
from tests.asterisk.lab.pbx import Pbx, running
from tests.asterisk.lab.product import Heard, Product, product
from tests.asterisk.lab.robots import Call, place, sign_in
from tests.asterisk.lab.truth import Truth, queue_log_rows, truth_of

SETTLED_SECONDS = 60
NAME = "hq"


async def settled(pbx: Pbx, service: Product) -> tuple[Truth, dict[str, Any]]:
    """The truth, and our report, once they are equal and each gap is filled; an AssertionError if they never are."""
    deadline = asyncio.get_running_loop().time() + SETTLED_SECONDS
    while True:
        truth = truth_of(queue_log_rows(pbx.queue_log))
        told = await service.report(NAME)
        wrong = differences(truth, told, ami=True) + visit_differences(truth, await service.visits(NAME))
        wrong += [f"not filled: {gap}" for gap in told["feed"]["gaps"] if not gap["end"] or not gap["filled_from"]]
        if not wrong:
            return truth, told
        assert asyncio.get_running_loop().time() < deadline, "\n".join(wrong)
        await asyncio.sleep(1)


def outcomes(truth: Truth) -> dict[str, str]:
    return {visit.caller: visit.outcome for visit in truth.visits}


async def test_asterisk_is_killed_in_mid_call(version: str, tmp_path: Path) -> None:
    """One talks, one waits; both are cut. Whoever calls after the start is counted as ever."""
    async with (
        running(Setup(version=version), asterisk_of(version)) as pbx,
        product(tmp_path, [Heard(name=NAME, pbx=pbx)]) as service,
    ):
        await service.until_live(NAME)
        await sign_in(pbx.ami, "Ann")
        await place(pbx.ami, Call(number="101", talk=60))
        await pbx.ami.until("AgentConnect")
        await place(pbx.ami, Call(number="102"))
        await pbx.ami.until("QueueCallerJoin", Position=1, fits=lambda told: told["CallerIDNum"] == "102")
        await asyncio.sleep(1)
        await pbx.kill()
        await asyncio.sleep(1)
        await pbx.start()
        await service.until_live(NAME)
        await place(pbx.ami, Call(number="103", talk=1))
        await pbx.ami.until("AgentComplete")
        truth, told = await settled(pbx, service)
    assert outcomes(truth) == {"101": "answered", "102": "unknown", "103": "answered"}
    assert told["feed"]["gaps"]


async def test_the_connection_is_cut_in_mid_call(version: str, tmp_path: Path) -> None:
    """While nobody hears AMI, one call ends, and another begins and ends: queue_log fills the gap."""
    async with running(Setup(version=version), asterisk_of(version)) as pbx, cable(pbx) as line:
        heard = Heard(name=NAME, pbx=pbx, address="127.0.0.1", port=line.port)
        async with product(tmp_path, [heard]) as service:
            await service.until_live(NAME)
            await sign_in(pbx.ami, "Ann")
            await place(pbx.ami, Call(number="101", talk=2))
            await pbx.ami.until("AgentConnect")
            await line.cut()
            since = len(pbx.ami.events)
            await pbx.ami.until("AgentComplete")
            await place(pbx.ami, Call(number="102", talk=1))
            await pbx.ami.until("AgentComplete", since, fits=lambda told: told.get("CallerIDNum") == "102")
            await line.mend()
            await service.until_live(NAME)
            truth, told = await settled(pbx, service)
    assert outcomes(truth) == {"101": "answered", "102": "answered"}
    (gap,) = told["feed"]["gaps"]
    assert (gap["source"], gap["filled_from"]) == ("ami", "queue_log")


class Cable:
    """A connection to a PBX that can be cut."""

    def __init__(self, pbx: Pbx) -> None:
        self._pbx = pbx
        self._writers: set[asyncio.StreamWriter] = set()
        self._whole = True
        self.port = 0

    async def plug(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if not self._whole:
            writer.close()
            return
        far_reader, far_writer = await asyncio.open_connection(self._pbx.address, AMI_PORT)
        self._writers |= {writer, far_writer}
        await asyncio.gather(_pass_on(reader, far_writer), _pass_on(far_reader, writer))

    async def cut(self) -> None:
        self._whole = False
        for writer in self._writers:
            writer.transport.abort()
        self._writers.clear()

    async def mend(self) -> None:
        self._whole = True


@asynccontextmanager
async def cable(pbx: Pbx) -> AsyncIterator[Cable]:
    """A port of this machine that leads to the PBX's AMI."""
    line = Cable(pbx)
    async with await asyncio.start_server(line.plug, "127.0.0.1", 0) as server:
        line.port = server.sockets[0].getsockname()[1]
        yield line
        await line.cut()


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    except ConnectionError:
        pass
    finally:
        writer.close()

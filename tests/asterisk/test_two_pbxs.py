"""Two PBXs with queues of the same names in one installation on PostgreSQL, one of them heard over TLS."""

import asyncio
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.asterisk.conftest import asterisk_of
from tests.asterisk.lab.comparison import differences, visit_differences
from tests.asterisk.lab.configuration import AMI_TLS_PORT, Setup
from tests.asterisk.lab.pbx import Pbx, running
from tests.asterisk.lab.product import Heard, product
from tests.asterisk.lab.robots import Call, place, sign_in
from tests.asterisk.lab.truth import queue_log_rows, truth_of
from tests.support.command import callcenter

_SETTLED_SECONDS = 40


def certify(address: str, certificate: Path, key: Path) -> None:
    """A certificate of its own authority, for this address and no other, which Asterisk's user can read."""
    wanted = f"req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=pbx -addext subjectAltName=IP:{address}"
    command = ["openssl", *wanted.split(), "-keyout", str(key), "-out", str(certificate)]
    subprocess.run(command, check=True, capture_output=True)
    key.chmod(0o644)


async def calls(pbx: Pbx, number: int) -> None:
    """So many answered calls to the queue that both have."""
    await sign_in(pbx.ami, "Ann")
    for caller in range(number):
        since = len(pbx.ami.events)
        await place(pbx.ami, Call(number=str(100 + caller), talk=1))
        await pbx.ami.until("AgentComplete", since)


async def test_two_pbxs_are_kept_apart(tmp_path: Path, empty_postgres_url: str) -> None:
    with TemporaryDirectory(prefix="cc-tls-") as named:
        folder = Path(named)
        folder.chmod(0o755)
        files = folder / "pbx.crt", folder / "pbx.key"
        async with (
            running(Setup(version="22", systemname="north", tls=files), asterisk_of("22")) as north,
            running(Setup(version="16", systemname="south"), asterisk_of("16")) as south,
        ):
            certify(north.address, *files)
            await north.ami.command("manager reload")
            heard = [
                Heard(name="north", pbx=north, port=AMI_TLS_PORT, tls_ca=files[0]),
                Heard(name="south", pbx=south),
            ]
            async with product(tmp_path, heard, empty_postgres_url) as service:
                await service.until_live("north", "south")
                await asyncio.gather(calls(north, 2), calls(south, 3))
                wrong: list[str] = []
                for _ in range(_SETTLED_SECONDS):
                    wrong = []
                    for name, pbx in (("north", north), ("south", south)):
                        truth = truth_of(queue_log_rows(pbx.queue_log))
                        assert len(truth.visits) == (2 if name == "north" else 3)
                        wrong += differences(truth, await service.report(name), ami=True)
                        wrong += visit_differences(truth, await service.visits(name))
                    if not wrong:
                        break
                    await asyncio.sleep(1)
                assert not wrong, "\n".join(wrong)


async def test_another_certificate_is_not_believed(tmp_path: Path) -> None:
    with TemporaryDirectory(prefix="cc-tls-") as named:
        folder = Path(named)
        folder.chmod(0o755)
        files = folder / "pbx.crt", folder / "pbx.key"
        async with running(Setup(version="22", tls=files), asterisk_of("22")) as pbx:
            certify("127.0.0.1", *files)  # signed by whom we trust, for somebody else
            await pbx.ami.command("manager reload")
            heard = Heard(name="north", pbx=pbx, port=AMI_TLS_PORT, tls_ca=files[0], queue_log=False)
            (tmp_path / "callcenter.toml").write_text(heard.toml())
            checked = await asyncio.to_thread(callcenter, "check", "--config", "callcenter.toml", cwd=tmp_path)
    assert checked.status == 1
    assert "certificate" in checked.out.casefold()

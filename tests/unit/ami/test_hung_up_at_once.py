"""A PBX that takes connections and hangs up at once, as one does that is about to start or to end."""

import socket
from threading import Thread

from adapters.ami.account import AmiAccount, AmiTiming
from adapters.ami.client import AmiClient
from callcenter.domain.ids import PbxId
from tests.support.ami_client import WallClock, eventually, listening


async def test_it_is_tried_again_and_ends_nothing() -> None:
    """It hangs up from a thread of its own: before the client has come to send anything."""
    tried: list[int] = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def hang_up() -> None:
            while len(tried) < 3:
                server.accept()[0].close()
                tried.append(1)

        Thread(target=hang_up, daemon=True).start()
        port = server.getsockname()[1]
        account = AmiAccount(pbx=PbxId("pbx"), host="127.0.0.1", port=port, username="u", secret="s")
        client = AmiClient(account, clock=WallClock(), timing=AmiTiming(), draw=lambda: 0.0)
        async with listening(client):
            await eventually(lambda: len(tried) >= 3)

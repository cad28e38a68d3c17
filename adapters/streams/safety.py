"""Whether a server that is not ours keeps what it acknowledges. Asked once, at the start.

Measured: `appendfsync everysec` lost acknowledged entries in every simulated power cut, `always` in none.
"""

from typing import Any

from redis.exceptions import ResponseError

from adapters.streams.link import Link
from adapters.streams.server_binary import OLDEST
from callcenter.domain.errors import SettingsError

_DEMANDED = {
    "appendonly": "yes",
    "appendfsync": "always",
    "no-appendfsync-on-rewrite": "no",
    "maxmemory-policy": "noeviction",
}


async def require_safe(link: Link, *, allow_unsafe: bool = False) -> None:
    """Raise SettingsError, with all that is wrong and what to set, unless the server keeps what it acknowledges.

    ``allow_unsafe`` is for throw-away use: only what could not work at all (too old, a replica, a cluster) is refused.
    """
    info = await link.call(lambda client: client.info())
    problems = list(_impossible(info))
    if not allow_unsafe:
        problems += await link.call(_unsafe)
    if problems:
        raise SettingsError("CALLCENTER_REDIS_URL", "redis_url", f"{link.address}: {'; '.join(problems)}", _EXAMPLE)


_EXAMPLE = " ".join(f"--{name} {value}" for name, value in _DEMANDED.items())


def _impossible(info: dict[str, Any]) -> list[str]:
    problems = []
    version = str(info["redis_version"])
    if tuple(map(int, version.split(".")[:2])) < OLDEST:
        problems.append(f"version {version} is older than 7.0")
    if info["role"] != "master":
        problems.append("it is a replica, which takes no entries; name its primary")
    if info.get("cluster_enabled"):
        problems.append("it is a node of a cluster; name a server on its own")
    return problems


async def _unsafe(client: Any) -> list[str]:
    try:
        found = await client.config_get(*_DEMANDED)
    except ResponseError as error:
        return [f"it does not let us read its settings ({error}), so it may lose what it acknowledges"]
    wrong = {name: value for name, value in _DEMANDED.items() if found.get(name) != value}
    return [f"{name} is {found.get(name)}; set {name} {value}" for name, value in wrong.items()]

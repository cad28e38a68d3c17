"""Fold everything again from the stored events, and say which numbers differ.

The very same functions that record live are used, so a difference means that a rule, the directory or the code changed.
"""

from collections.abc import Iterable, Mapping

from rich.console import Console
from rich.table import Table

from callcenter.bootstrap.backbone import opened_store
from callcenter.bootstrap.progress import progress_bar
from callcenter.bootstrap.settle import settle
from callcenter.domain.errors import NotFound
from callcenter.domain.ids import PbxId
from callcenter.metrics.summaries import AgentSummary, QueueSummary
from callcenter.ports import Archive
from callcenter.settings import Settings
from workers.rebuild import Rebuild

Totals = dict[tuple[str, str, str], float]

_SHOWN_DIFFERENCES = 200


async def run_rebuild(settings: Settings, pbx_name: str | None) -> int:
    """Rebuild one PBX or all; prints the differences. Always 0: differing is no failure."""
    async with opened_store(settings) as store:
        known = await store.ledger.pbxs()
        chosen = known if pbx_name is None else [pbx for pbx in known if pbx == pbx_name]
        if not chosen:
            raise NotFound("PBX", pbx_name or "(any)")
        for pbx in chosen:
            before = await _totals(store.archive, pbx)
            rebuild = Rebuild(pbx, store.ledger, static_members_signed_in=settings.static_members_signed_in)
            with progress_bar(f"rebuilding {pbx}", await rebuild.size()) as bar:
                while done := await rebuild.run_once():
                    bar.advance(done)
                bar.say("computing intervals")
                await settle(pbx, store.ledger, settings)
            _show(pbx, before, await _totals(store.archive, pbx))
    return 0


async def _totals(archive: Archive, pbx: PbxId) -> Totals:
    """Every counted figure of every queue and agent, per quarter hour."""
    totals: Totals = {}
    for queue in await archive.queue_rows(pbx, None):
        for figure, value in _figures(queue.summary):
            totals[f"queue {queue.queue}", queue.quarter.isoformat(), figure] = value
    for agent in await archive.agent_rows(pbx, None):
        for figure, value in _figures(agent.summary):
            totals[f"agent {agent.agent}", agent.quarter.isoformat(), figure] = value
    return totals


def _figures(summary: QueueSummary | AgentSummary) -> Iterable[tuple[str, float]]:
    for name in type(summary).__dataclass_fields__:
        value = getattr(summary, name)
        if isinstance(value, int | float):
            yield name, value
        elif hasattr(value, "total"):
            yield f"{name} (seconds)", value.total


def _show(
    pbx: PbxId, before: Mapping[tuple[str, str, str], float], after: Mapping[tuple[str, str, str], float]
) -> None:
    differing = [key for key in sorted({*before, *after}) if abs(before.get(key, 0) - after.get(key, 0)) > 1e-6]
    console = Console()
    if not differing:
        console.print(f"{pbx}: rebuilt; all {len(after)} numbers are as they were")
        return
    table = Table("what", "quarter hour", "figure", "was", "is", title=f"{pbx}: {len(differing)} numbers differ")
    for key in differing[:_SHOWN_DIFFERENCES]:
        table.add_row(*key, f"{before.get(key, 0):g}", f"{after.get(key, 0):g}")
    console.print(table)

"""What a person may have to look at: facts that two sources told differently, and what a fold did not expect."""

from datetime import datetime

from callcenter.api.models import Asked, Id, Limit, Shown
from callcenter.api.ops import Op, Permission
from callcenter.api.site import Site
from callcenter.api.wording import masked_text
from callcenter.domain.ids import PbxId


class FindingsAsked(Asked):
    """Whose findings to list, newest first."""

    pbx: Id | None = None
    limit: Limit = 100


class DisagreementFound(Shown):
    """A fact that AMI and queue_log told with different values; the visit shows what was kept."""

    pbx: str
    visit_id: str
    queue: str
    at: datetime
    field: str
    ami: str
    queue_log: str


class DisagreementsShown(Shown):
    """Disagreements, newest first."""

    items: tuple[DisagreementFound, ...]


class AnomalyFound(Shown):
    """What a fold did not expect. ``leg`` and ``queue`` are null where the fact named none."""

    pbx: str
    kind: str
    at: datetime
    leg: str | None
    queue: str | None
    detail: str


class AnomaliesShown(Shown):
    """Anomalies, newest first."""

    items: tuple[AnomalyFound, ...]


async def list_disagreements(site: Site, asked: FindingsAsked) -> DisagreementsShown:
    """Where the sources differ."""
    found = await site.archive.disagreements(_pbx(asked), limit=asked.limit)
    return DisagreementsShown(
        items=tuple(
            DisagreementFound(
                pbx=pbx,
                visit_id=one.visit_id,
                queue=one.queue,
                at=one.at,
                field=one.field,
                ami=masked_text(one.ami, ()),
                queue_log=masked_text(one.queue_log, ()),
            )
            for pbx, one in found
        )
    )


async def list_anomalies(site: Site, asked: FindingsAsked) -> AnomaliesShown:
    """What was not expected."""
    found = await site.archive.anomalies(_pbx(asked), limit=asked.limit)
    return AnomaliesShown(
        items=tuple(
            AnomalyFound(
                pbx=pbx,
                kind=one.kind,
                at=one.at,
                leg=one.leg,
                queue=one.queue,
                detail=masked_text(one.detail, ()),
            )
            for pbx, one in found
        )
    )


def _pbx(asked: FindingsAsked) -> PbxId | None:
    return PbxId(asked.pbx) if asked.pbx else None


OPS: tuple[Op[Site], ...] = (
    Op(
        path="/api/v1/feed/disagreements",
        name="listDisagreements",
        summary="Facts that AMI and queue_log told differently",
        tag="operations",
        permission=Permission.OPERATIONS,
        query=FindingsAsked,
        returns=DisagreementsShown,
        run=list_disagreements,
        example={
            "items": [
                {
                    "pbx": "pbx1",
                    "visit_id": "1795424910.618~sales~1",
                    "queue": "sales",
                    "at": "2026-11-23T09:08:32.104211Z",
                    "field": "talk_seconds",
                    "ami": "2.596",
                    "queue_log": "6",
                }
            ]
        },
    ),
    Op(
        path="/api/v1/feed/anomalies",
        name="listAnomalies",
        summary="What was not expected",
        tag="operations",
        permission=Permission.OPERATIONS,
        query=FindingsAsked,
        returns=AnomaliesShown,
        run=list_anomalies,
        example={
            "items": [
                {
                    "pbx": "pbx1",
                    "kind": "call.conversation_ended_when_closed",
                    "at": "2026-11-23T09:08:46.204211Z",
                    "leg": "1795424910.618",
                    "queue": "sales",
                    "detail": "",
                }
            ]
        },
    ),
)

"""The law of the live page: a snapshot and what comes after it give the picture that a reload would give."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from callcenter.api.picture import AGENTS, QUEUES, Picture
from callcenter.domain.ids import PbxId

PBXS = (PbxId("a"), PbxId("b"))
NAMES = st.sampled_from(["sales", "张伟", "x/y", '"quoted"'])
QUEUE = st.fixed_dictionaries(
    {"waiting": st.just([]), "longest_wait_since": st.none() | st.just("2026-11-23T09:00:00Z")}
)
AGENT = st.fixed_dictionaries({"state": st.sampled_from(["ready", "talking"]), "call": st.none()})


@dataclass
class Worker:
    """Says what a PBX's live worker would: snapshots of its floor, and deltas of what changed."""

    pbx: PbxId
    queues: dict[str, Any] = field(default_factory=dict)
    agents: dict[str, Any] = field(default_factory=dict)

    def snapshot(self) -> bytes:
        return self._body(self.queues, self.agents)

    def delta(self, queues: dict[str, Any], agents: dict[str, Any]) -> bytes:
        for known, changes in ((self.queues, queues), (self.agents, agents)):
            for name, value in changes.items():
                known.pop(name, None)
                if value is not None:
                    known[name] = value
        return self._body(queues, agents)

    def _body(self, queues: dict[str, Any], agents: dict[str, Any]) -> bytes:
        now = datetime(2026, 11, 23, tzinfo=UTC)
        return msgspec.json.encode({"as_of": now, "pbx": {"state": "live"}, "queues": queues, "agents": agents})


@dataclass
class Page:
    """A browser: the picture it shows and where it stands."""

    position: dict[str, str]
    shown: dict[str, dict[str, Any]]

    @classmethod
    def loaded(cls, picture: Picture) -> "Page":
        return cls(picture.position(), whole(picture))

    def catch_up(self, picture: Picture) -> bool:
        """Take in what was missed; False if only a reload helps."""
        changes = picture.changes_since(self.position)
        if changes is None:
            return False
        for part, told in ((QUEUES, changes.queues), (AGENTS, changes.agents)):
            for key, value in told.items():
                if value is None:
                    self.shown[part].pop(key, None)
                else:
                    self.shown[part][key] = msgspec.json.decode(value)
        self.position = picture.position()
        return True


def whole(picture: Picture) -> dict[str, dict[str, Any]]:
    return {
        part: {key: msgspec.json.decode(value) for key, value in picture.part(part).items()}
        for part in (QUEUES, AGENTS)
    }


steps = st.lists(
    st.tuples(
        st.sampled_from(PBXS),
        st.one_of(
            st.just("snapshot"),
            st.just("look"),
            st.just("open"),
            st.tuples(
                st.dictionaries(NAMES, QUEUE | st.none(), max_size=3),
                st.dictionaries(NAMES, AGENT | st.none(), max_size=3),
            ),
        ),
    ),
    max_size=40,
)


class Centre:
    """PBXs, the picture that follows them, and pages that people have open."""

    def __init__(self) -> None:
        self.workers = {pbx: Worker(pbx) for pbx in PBXS}
        self.picture = Picture(PBXS)
        self.pages: list[Page] = []
        self._ids = count()

    def tell(self, pbx: PbxId, step: Any) -> None:
        worker = self.workers[pbx]
        if step == "open":
            self.pages.append(Page.loaded(self.picture))
        elif step == "look":
            self.look(self.pages[::2])  # the others sleep through it and have more to catch up with
        elif step == "snapshot":
            self.picture.apply(pbx, f"{next(self._ids)}-0", "snapshot", worker.snapshot())
        else:
            self.picture.apply(pbx, f"{next(self._ids)}-0", "delta", worker.delta(*step))

    def look(self, pages: list[Page]) -> None:
        for page in pages:
            if not page.catch_up(self.picture):
                page.position, page.shown = self.picture.position(), whole(self.picture)


@given(steps)
def test_snapshot_and_deltas_equal_a_reload(story: Any) -> None:
    centre = Centre()
    for pbx, step in story:
        centre.tell(pbx, step)
    for pbx in PBXS:
        centre.tell(pbx, "snapshot")
    reload = whole(centre.picture)
    for page in centre.pages:
        assert not page.catch_up(centre.picture) or page.shown == reload
    fresh = Picture(PBXS)
    for pbx, worker in centre.workers.items():
        fresh.apply(pbx, "only", "snapshot", worker.snapshot())
    assert reload == whole(fresh)


@given(steps)
def test_a_page_that_looked_in_since_the_last_pbx_appeared_never_needs_a_reload(story: Any) -> None:
    workers = {pbx: Worker(pbx) for pbx in PBXS}
    picture = Picture(PBXS)
    for pbx, worker in workers.items():
        picture.apply(pbx, f"first-{pbx}", "snapshot", worker.snapshot())
    page = Page.loaded(picture)
    for number, (pbx, step) in enumerate(story):
        if isinstance(step, tuple):
            picture.apply(pbx, str(number), "delta", workers[pbx].delta(*step))
        elif step == "look":
            assert page.catch_up(picture)
    assert page.catch_up(picture)
    assert page.shown == whole(picture)

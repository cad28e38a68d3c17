"""Small stories, each recorded on a real Asterisk 16 and 22: what we make of them stands in `expected.txt`.

A story is a folder: `story.txt` says in a sentence what happens, `16.*` and `22.*` hold the bytes. To take over
a change that is meant, run with CALLCENTER_REWRITE_GOLDEN=1 and read the diff.
"""

import os
from pathlib import Path
from random import Random

import pytest

from tests.support.stories import STORIES, ami_events, folded, story_bytes, story_events, tell

NAMES = sorted(folder.name for folder in STORIES.iterdir() if folder.is_dir())
VERSIONS = ("16", "22")


def told(story: str) -> str:
    lines = []
    for version in VERSIONS:
        ami, log = story_events(story, version)
        for title, events in (("AMI and queue_log", [*ami, *log]), ("AMI alone", ami), ("queue_log alone", log)):
            lines += [f"Asterisk {version}, {title}", *(f"  {line}" for line in tell(events)), ""]
    return "\n".join(lines)


@pytest.mark.parametrize("story", NAMES)
def test_story_is_told_as_expected(story: str) -> None:
    expected = Path(STORIES / story / "expected.txt")
    if os.environ.get("CALLCENTER_REWRITE_GOLDEN"):
        expected.write_text(told(story), encoding="utf-8")
    assert told(story) == expected.read_text(encoding="utf-8")


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("story", NAMES)
def test_order_repetition_and_chunks_change_nothing(story: str, version: str) -> None:
    ami, log = story_events(story, version)
    events = [*ami, *log]
    random = Random(story)
    again = [*events, *random.choices(events, k=len(events) // 2)] if events else []
    random.shuffle(again)
    data, size = story_bytes(story, version), random.choice((1, 2, 3, 7, 100, 4096))
    assert sorted(folded(again), key=str) == sorted(folded(events), key=str)
    assert ami_events([data[i : i + size] for i in range(0, len(data), size)]) == ami


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("story", NAMES)
def test_every_story_has_its_sentence(story: str, version: str) -> None:
    assert (STORIES / story / "story.txt").read_text(encoding="utf-8").strip().endswith(".")
    assert story_bytes(story, version)

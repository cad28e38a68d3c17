"""The harness of the bench: turns, ratios, and which way a figure is good."""

import pytest
from rich.console import Console

from bench.__main__ import parse, table
from bench.harness import DAY, Goal, Row, count_events, in_turns, ratios, recorded


def test_contestants_run_in_turns_and_each_keeps_its_own_results() -> None:
    turns: list[str] = []

    def contestant(name: str) -> float:
        turns.append(name)
        return float(len(turns))

    ours, theirs = in_turns(3, lambda: contestant("A"), lambda: contestant("B"))
    assert "".join(turns) == "ABABAB"
    assert ours == (1, 3, 5)
    assert theirs == (2, 4, 6)


def test_a_ratio_is_ours_over_theirs_of_the_same_round() -> None:
    assert ratios((10, 40), (5, 10)) == (2, 4)
    with pytest.raises(ValueError, match="shorter"):
        ratios((10, 40), (5,))


@pytest.mark.parametrize(("figure", "high_is_good"), [(0.89, False), (0.9, True), (1.5, True)])
def test_where_more_is_better_the_goal_is_a_lower_bound(figure: float, high_is_good: bool) -> None:
    assert Goal(0.9).is_met(figure) is high_is_good


@pytest.mark.parametrize(("figure", "low_is_good"), [(0.99, True), (1.0, True), (1.01, False)])
def test_where_less_is_better_the_goal_is_an_upper_bound(figure: float, low_is_good: bool) -> None:
    assert Goal(1.0, at_most=True).is_met(figure) is low_is_good


def test_the_median_decides_and_the_extremes_are_shown() -> None:
    row = Row(number=1, what="intake", reference="theirs", goal=Goal(7.0), figures=(6.0, 9.0, 8.0, 2.0, 30.0))
    assert row.median == 8.0
    assert row.is_met
    shown = _text(row)
    assert "8.0 × (2.0 × – 30.0 ×)" in shown
    assert "≥ 7.0 ×" in shown
    assert "yes" in shown


def test_one_good_round_does_not_meet_a_goal() -> None:
    row = Row(number=13, what="cost", goal=Goal(1.0, "{:.2f} ms", at_most=True), figures=(0.5, 1.2, 1.3))
    assert not row.is_met
    shown = _text(row)
    assert "1.20 ms (0.50 ms – 1.30 ms)" in shown
    assert "no" in shown


def test_a_row_without_its_reference_says_why_and_meets_nothing() -> None:
    row = Row(number=2, what="publish", goal=Goal(0.9), skipped="redis-benchmark is not there")
    assert not row.is_met
    assert "redis-benchmark is not there" in _text(row)


def test_without_a_choice_everything_is_measured() -> None:
    assert parse([]) == ({1, 2, 3, 4, 5, 8, 9, 10, 13, 14, 15, 17}, 5)
    assert parse(["--quick", "13", "1"]) == ({1, 13}, 2)


def test_a_row_that_is_not_there_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        parse(["99"])
    assert "there is no row 99" in capsys.readouterr().err


def test_a_recording_is_counted_by_the_lines_that_begin_an_event() -> None:
    assert count_events(b"Event: A\r\nX: Event: B\r\n\r\nResponse: Success\r\n\r\n\r\nEvent: C\r\n\r\n") == 2
    assert count_events(recorded(DAY)) == 131_645


def _text(row: Row) -> str:
    console = Console(width=200)
    with console.capture() as capture:
        console.print(table([row], 5))
    return capture.get()

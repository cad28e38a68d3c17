import pytest

from adapters.ami.backoff import Backoff


def test_the_wait_doubles_up_to_a_bound() -> None:
    backoff = Backoff(lambda: 0.5)
    waits = [backoff.after_end(0) for _ in range(30)]
    assert waits[:8] == pytest.approx([0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 12.8, 15.0])
    assert set(waits[7:]) == {15.0}


@pytest.mark.parametrize(("drawn", "wait"), [(0.0, 0.1), (0.5, 0.2), (0.999999, 0.3)])
def test_it_strays_by_half_either_way(drawn: float, wait: float) -> None:
    assert Backoff(lambda: drawn).after_end(0) == pytest.approx(wait, abs=1e-5)


def test_a_connection_that_held_for_a_minute_forgives_what_was_before() -> None:
    backoff = Backoff(lambda: 0.5)
    for _ in range(9):
        backoff.after_end(59.9)
    assert backoff.after_end(59.9) == 15.0
    assert backoff.after_end(60.0) == pytest.approx(0.2)
    assert backoff.after_end(1.0) == pytest.approx(0.4)


def test_a_refused_login_waits_a_minute_every_time() -> None:
    backoff = Backoff(lambda: 0.0)
    assert [backoff.after_rejection() for _ in range(3)] == [60.0, 60.0, 60.0]

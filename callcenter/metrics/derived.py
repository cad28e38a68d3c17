"""Means and ratios of the trade, as functions of summaries. Each merges: of the day = sum of the hours.

Talk includes hold: from the connection until the first of the two parties leaves, music on hold or not.
"""

from callcenter.metrics.summaries import AgentSummary, Durations, Mean, QueueSummary, Ratio


def average_speed_of_answer(summary: QueueSummary) -> Durations:
    """ASA: the wait of answered visits, in whole seconds, from entering the queue to the answer.

    >>> from callcenter.metrics.summaries import Waits
    >>> average_speed_of_answer(QueueSummary(answered_waits=Waits.of([5, 20, 35]))).mean
    20.0
    """
    return summary.answered_waits.durations


def average_handle_time(summary: QueueSummary | AgentSummary) -> Mean:
    """AHT: talk, hold included, plus after-call work, per conversation of known length.

    Of an agent's interval, after-call work is what was lived in it, talk that of the calls answered in it.

    >>> average_handle_time(QueueSummary(talk=Durations(2, 100, 60), after_call=Durations(2, 20, 15))).mean
    60.0
    """
    work = summary.after_call.total if isinstance(summary, QueueSummary) else summary.acw_seconds
    return Mean(summary.talk.total + work, summary.talk.count)


def longest_wait(summary: QueueSummary) -> Durations:
    """The wait of answered and abandoned visits; its maximum is the longest wait."""
    return summary.answered_waits.durations + summary.abandoned_waits.durations


def answer_ratio(summary: QueueSummary) -> Ratio:
    """Answered of offered."""
    return Ratio(summary.answered, summary.offered)


def abandon_ratio(summary: QueueSummary) -> Ratio:
    """Abandoned of offered. Abandoned is who hung up while waiting: no time-out, no key, no empty queue."""
    return Ratio(summary.abandoned, summary.offered)


def transfer_ratio(summary: QueueSummary | AgentSummary) -> Ratio:
    """Conversations that ended in a transfer, of answered."""
    return Ratio(summary.transferred, summary.answered)


def occupancy(summary: AgentSummary) -> Ratio:
    """Time in conversations and after-call work, of that and idle time: on the clock, while signed in, never over 1.

    Pauses are neither. Undefined for whoever was not signed in, or paused all the time.

    >>> occupancy(AgentSummary(signed_in_seconds=3600, paused_seconds=600, occupied_seconds=1800, idle_seconds=1200))
    Ratio(part=1800, whole=3000)
    """
    return Ratio(summary.occupied_seconds, summary.occupied_seconds + summary.idle_seconds)

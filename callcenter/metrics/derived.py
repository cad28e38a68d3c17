"""Means and ratios of the trade, as functions of summaries. Each merges: of the day = sum of the hours.

Talk includes hold: from the connection until the first of the two parties leaves, music on hold or not.
"""

from callcenter.domain.policies import ServiceLevelPolicy
from callcenter.metrics.summaries import AgentSummary, Durations, Longest, Mean, QueueSummary, Ratio


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


def average_talk_without_hold(summary: QueueSummary) -> Mean:
    """Talk without hold, per conversation of known length.

    >>> average_talk_without_hold(QueueSummary(talk=Durations(2, 100, 60), hold=Durations(1, 20, 20))).mean
    40.0
    """
    return Mean(summary.talk.total - summary.hold.total, summary.talk.count)


def average_hold_all(summary: QueueSummary | AgentSummary) -> Mean:
    """Hold per conversation of known length, whether it had one or not.

    >>> average_hold_all(QueueSummary(talk=Durations(2, 100, 60), hold=Durations(1, 20, 20))).mean
    10.0
    """
    hold = summary.hold.total if isinstance(summary, QueueSummary) else summary.hold_seconds
    return Mean(hold, summary.talk.count)


def average_after_call_work(summary: AgentSummary) -> Mean:
    """An agent's after-call work per conversation of known length.

    >>> average_after_call_work(AgentSummary(talk=Durations(2, 100, 60), acw_seconds=30)).mean
    15.0
    """
    return Mean(summary.acw_seconds, summary.talk.count)


def longest_wait(summary: QueueSummary) -> Longest:
    """The longest wait of all visits that ended theirs.

    >>> from callcenter.metrics.summaries import Waits
    >>> longest_wait(QueueSummary(answered_waits=Waits.of([30]), left_waits=Waits.of([60]))).seconds
    60
    """
    return longest_wait_answered(summary) + longest_wait_lost(summary)


def longest_wait_answered(summary: QueueSummary) -> Longest:
    """The longest wait of answered visits."""
    return summary.answered_waits.longest


def longest_wait_lost(summary: QueueSummary) -> Longest:
    """The longest wait of visits that ended unanswered: abandoned, timed out, by key, empty, withdrawn."""
    return summary.abandoned_waits.longest + summary.left_waits.longest


def answer_ratio(summary: QueueSummary) -> Ratio:
    """Answered of offered."""
    return Ratio(summary.answered, summary.offered)


def abandon_ratio(summary: QueueSummary) -> Ratio:
    """Abandoned of offered. Abandoned is who hung up while waiting: no time-out, no key, no empty queue."""
    return Ratio(summary.abandoned, summary.offered)


def short_abandons(summary: QueueSummary, rule: ServiceLevelPolicy) -> int:
    """Abandoned within S: exactly S is short.

    >>> from callcenter.metrics.summaries import Waits
    >>> short_abandons(QueueSummary(abandoned_waits=Waits.of([2, 5, 40])), ServiceLevelPolicy(short_abandon_seconds=5))
    2
    """
    return summary.abandoned_waits.within(rule.short_abandon_seconds)


def abandon_ratio_without_short(summary: QueueSummary, rule: ServiceLevelPolicy) -> Ratio:
    """Abandoned of offered, both without those who gave up within S: they count as never offered.

    >>> from callcenter.metrics.summaries import Waits
    >>> hour = QueueSummary(offered=9, answered=3, abandoned=2, abandoned_waits=Waits.of([2, 40]))
    >>> abandon_ratio_without_short(hour, ServiceLevelPolicy(short_abandon_seconds=5))
    Ratio(part=1, whole=8)
    """
    short = short_abandons(summary, rule)
    return Ratio(summary.abandoned - short, summary.offered - short)


def abandon_ratio_of_handled(summary: QueueSummary, rule: ServiceLevelPolicy) -> Ratio:
    """Abandoned of handled and abandoned, without those who gave up within S.

    >>> from callcenter.metrics.summaries import Waits
    >>> hour = QueueSummary(offered=9, answered=3, abandoned=2, abandoned_waits=Waits.of([2, 40]))
    >>> abandon_ratio_of_handled(hour, ServiceLevelPolicy(short_abandon_seconds=5))
    Ratio(part=1, whole=4)
    """
    abandoned = summary.abandoned - short_abandons(summary, rule)
    return Ratio(abandoned, summary.answered + abandoned)


def abandoned_per_answered(summary: QueueSummary) -> Ratio:
    """Abandoned divided by answered: no share of a whole, and over 1 where more gave up than were answered.

    >>> abandoned_per_answered(QueueSummary(offered=5, answered=2, abandoned=3)).value
    1.5
    """
    return Ratio(summary.abandoned, summary.answered)


def agent_answer_ratio(summary: AgentSummary) -> Ratio:
    """Calls answered, of those that the agent's phone rang for.

    >>> agent_answer_ratio(AgentSummary(answered=3, ring_no_answer=1)).value
    0.75
    """
    return Ratio(summary.answered, summary.answered + summary.ring_no_answer)


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


def occupancy_of_signed_in(summary: AgentSummary) -> Ratio:
    """Time in conversations and after-call work, of all time signed in, pauses included.

    >>> shift = AgentSummary(signed_in_seconds=3600, paused_seconds=600, occupied_seconds=1800, idle_seconds=1200)
    >>> occupancy_of_signed_in(shift).value
    0.5
    """
    return Ratio(summary.occupied_seconds, summary.signed_in_seconds)


def occupancy_with_pauses(summary: AgentSummary) -> Ratio:
    """All time signed in but idle: meetings and training, for which agents pause, count as occupied.

    >>> shift = AgentSummary(signed_in_seconds=3600, paused_seconds=600, occupied_seconds=1800, idle_seconds=900)
    >>> occupancy_with_pauses(shift).value
    0.75
    """
    return Ratio(summary.signed_in_seconds - summary.idle_seconds, summary.signed_in_seconds)


def utilisation(summary: AgentSummary) -> Ratio:
    """Time in calls, after-call work and waiting for the next call, of all time signed in.

    >>> shift = AgentSummary(signed_in_seconds=3600, paused_seconds=900, occupied_seconds=1800, idle_seconds=900)
    >>> utilisation(shift).value
    0.75
    """
    return Ratio(summary.occupied_seconds + summary.idle_seconds, summary.signed_in_seconds)

"""The retry rules, by example and as properties of arbitrary histories."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kubenas.scheduling.local.worker_process import classify_exit
from kubenas.scheduling.retry import LOSSES_IN_A_ROW, End, Loss, Pause, Retry, decide
from kubenas.trial import FailureClass, Outcome

LOST = [FailureClass.DISRUPTION, FailureClass.NODE_LOSS]
losses = st.lists(st.builds(Loss, st.sampled_from(FailureClass), st.booleans()), max_size=30)


@pytest.mark.parametrize(
    ("failure", "decision"),
    [
        (FailureClass.DISRUPTION, Retry()),
        (FailureClass.NODE_LOSS, Retry()),
        (FailureClass.HOST_OOM, Retry()),
        (FailureClass.APPLICATION, Retry()),
        (FailureClass.DEVICE_OOM, End(Outcome.INFEASIBLE)),
        (FailureClass.NAN, End(Outcome.INFEASIBLE)),
        (FailureClass.INVALID_GRAPH, End(Outcome.INFEASIBLE)),
        (FailureClass.DEADLINE, End(Outcome.FAILED)),
        (FailureClass.CONFIGURATION, Pause()),
        (FailureClass.IMAGE, Pause()),
        (FailureClass.STORAGE, Pause()),
        (FailureClass.QUOTA, Pause()),
    ],
)
def test_a_first_failure(failure, decision):
    assert decide(failure, []) == decision


def test_quota_after_a_host_oom_ends_only_the_trial():
    decision = decide(FailureClass.QUOTA, [Loss(FailureClass.HOST_OOM)])
    assert isinstance(decision, End)
    assert decision.outcome == Outcome.INFEASIBLE


@pytest.mark.parametrize(
    ("failure", "outcome"),
    [
        (FailureClass.APPLICATION, Outcome.FAILED),
        (FailureClass.HOST_OOM, Outcome.INFEASIBLE),
    ],
)
def test_failures_are_retried_once_regardless_of_losses(failure, outcome):
    history = [Loss(failure), Loss(FailureClass.NODE_LOSS)]
    assert decide(failure, history[1:]) == Retry()
    decision = decide(failure, history)
    assert isinstance(decision, End)
    assert decision.outcome == outcome


@given(st.sampled_from(LOST), st.lists(st.sampled_from(LOST), max_size=20))
def test_losses_in_a_row_end_the_trial(failure, earlier):
    decision = decide(failure, [Loss(loss) for loss in earlier])
    assert isinstance(decision, End) == (len(earlier) + 1 >= LOSSES_IN_A_ROW)


@given(st.sampled_from(LOST), losses)
def test_loss_with_a_checkpoint_is_always_retried(failure, earlier):
    assert decide(failure, earlier, progressed=True) == Retry()


@given(st.sampled_from(LOST), losses)
def test_checkpoint_resets_the_count_of_losses(failure, earlier):
    history = [*earlier, Loss(FailureClass.NODE_LOSS, progressed=True)]
    assert decide(failure, history) == Retry()


@given(st.sampled_from(FailureClass), losses)
def test_every_history_has_a_decision(failure, earlier):
    assert isinstance(decide(failure, earlier), Retry | End | Pause)


@pytest.mark.parametrize(
    ("exit_code", "ready", "failure"),
    [
        (-9, True, FailureClass.NODE_LOSS),
        (-9, False, FailureClass.NODE_LOSS),
        (-11, True, FailureClass.NODE_LOSS),
        (-4, False, FailureClass.CONFIGURATION),  # an instruction that this CPU lacks
        (143, True, FailureClass.NODE_LOSS),
        (1, True, FailureClass.APPLICATION),
        (1, False, FailureClass.CONFIGURATION),
        (0, True, FailureClass.APPLICATION),
    ],
)
def test_classification_of_exit_codes(exit_code, ready, failure):
    assert classify_exit(exit_code, ready=ready)[0] == failure

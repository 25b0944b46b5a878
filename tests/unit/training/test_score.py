"""What a user's fit may return, by Keras-Tuner's protocol."""

from types import SimpleNamespace

import numpy as np
import pytest

from kubenas.errors import UserError
from kubenas.training.score import reported_metrics


@pytest.mark.parametrize("returned", [None, SimpleNamespace(history={}), [None]])
def test_a_history_or_nothing_leaves_it_to_the_logs(returned: object) -> None:
    assert reported_metrics(returned, "score") is None


@pytest.mark.parametrize("returned", [0.5, np.float32(0.5), {"score": 0.5}, [0.25, 0.75]])
def test_numbers_and_dictionaries_are_the_score(returned: object) -> None:
    assert reported_metrics(returned, "score") == {"score": 0.5}


def test_runs_are_averaged_over_the_metrics_that_all_have() -> None:
    runs = [{"score": 1.0, "loss": 2.0, "extra": 1.0}, {"score": 2.0, "loss": 4.0}]
    assert reported_metrics(runs, "score") == {"score": 1.5, "loss": 3.0}


def test_a_missing_objective_lists_what_there_is() -> None:
    with pytest.raises(UserError, match=r"no metric 'score'.*there are: accuracy, loss"):
        reported_metrics({"loss": 1.0, "accuracy": 0.5}, "score")


def test_anything_else_is_refused() -> None:
    with pytest.raises(UserError, match="fit\\(\\) returned a str"):
        reported_metrics("0.5", "score")

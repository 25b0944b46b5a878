"""Choice of the retrained model."""

from typing import Literal

import pytest

from kubenas.errors import SearchFailed
from kubenas.steps.retrain import Retraining, choose_model
from kubenas.trial import FailureClass, Outcome, Result, Task


def retraining(trial: int, seed: int, score: float | None) -> Retraining:
    outcome = Outcome.FAILED if score is None else Outcome.COMPLETED
    failure = FailureClass.APPLICATION if score is None else None
    result = Result(
        task=Task.TRAIN, trial=trial, attempt=1, outcome=outcome, failure=failure, score=score,
        message="broke",
    )  # fmt: skip
    return Retraining(trial=trial, seed=seed, prefix=f"p/t{trial}-s{seed}/a1", result=result)


@pytest.mark.parametrize(("direction", "chosen"), [("max", (1, 2)), ("min", (0, 1))])
def test_chooses_the_best_mean_then_the_best_seed(
    direction: Literal["max", "min"], chosen: tuple[int, int]
) -> None:
    runs = [
        retraining(0, 1, 0.1),
        retraining(0, 2, 0.95),
        retraining(1, 1, 0.8),
        retraining(1, 2, 0.9),
    ]
    choice = choose_model(runs, direction)
    assert (choice.chosen.trial, choice.chosen.seed) == chosen
    assert choice.weights == f"p/t{chosen[0]}-s{chosen[1]}/a1/model.weights.h5"


def test_failed_seed_is_ignored() -> None:
    choice = choose_model(
        [retraining(0, 1, None), retraining(0, 2, 0.5), retraining(1, 1, 0.4)], "max"
    )
    assert (choice.chosen.trial, choice.chosen.seed) == (0, 2)


@pytest.mark.parametrize("runs", [[], [retraining(0, 1, None)]])
def test_no_completed_retraining_is_an_error(runs: list[Retraining]) -> None:
    with pytest.raises(SearchFailed, match="retrain"):
        choose_model(runs, "max")


def test_the_best_model_of_the_default_network_is_kept_beside_the_chosen_one() -> None:
    runs = [retraining(3, 1, 0.8), retraining(0, 1, 0.6), retraining(0, 2, 0.7)]
    choice = choose_model(runs, "max", default=0)
    assert choice.chosen.trial == 3
    assert choice.default == runs[2]
    assert choose_model(runs, "max").default is None
    assert choose_model(runs, "max", default=9).default is None


def test_the_default_network_is_chosen_if_it_is_the_best() -> None:
    choice = choose_model([retraining(3, 1, 0.8), retraining(0, 1, 0.9)], "max", default=0)
    assert choice.chosen == choice.default

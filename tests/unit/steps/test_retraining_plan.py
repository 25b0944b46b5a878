"""Which models are retrained, how long, and from which checkpoints."""

from typing import Any

import pytest

from kubenas.config import Config, parse_config
from kubenas.steps.retraining_plan import Candidate, PlannedModel, plan_retrainings

FIRST = Candidate(trial=5, epochs=20, epoch_seconds=10)
SECOND = Candidate(trial=2, epochs=20, epoch_seconds=10)
CONTINUED = Candidate(5, epochs=20, kept_epochs=13, checkpoint="/c", epoch_seconds=10)


def config_of(retrain: dict[str, Any], workers: int = 2, **sections: Any) -> Config:
    content = {
        "name": "n",
        "output": "/out",
        "data": {"source": "digits"},
        "training": {"epochs": 20},
        "retrain": retrain,
        "runner": {"workers": workers},
    }
    return parse_config({**content, **sections}, origin="test")


def planned(config: Config, *candidates: Candidate) -> list[tuple[int, int, int, bool]]:
    """Trial, seed and epochs of each model, and whether it continues from a checkpoint."""
    models = plan_retrainings(config, candidates or (FIRST, SECOND)).models
    return [(m.trial, m.seed, m.epochs, m.checkpoint is not None) for m in models]


def test_all_are_retrained_as_long_as_a_trial_without_a_limit() -> None:
    plan = plan_retrainings(config_of({}), (CONTINUED, SECOND))
    assert plan.work_seconds is None
    assert plan.models == tuple(
        PlannedModel(trial=trial, seed=seed, epochs=20) for trial in (5, 2) for seed in (1, 2)
    )


@pytest.mark.parametrize(
    ("limit", "expected", "work_seconds"),
    [
        (1000, [(5, 1, 45), (5, 2, 45), (2, 1, 45), (2, 2, 45)], 450),
        (4000, [(5, 1, 60), (5, 2, 60), (2, 1, 60), (2, 2, 60)], 1800),
        (600, [(5, 1, 54), (2, 1, 54)], 540),
        (300, [(5, 1, 27)], 270),
        (100, [(5, 1, 20)], 90),
    ],
)
def test_short_time_means_fewer_models_and_long_time_longer_training(
    limit: float, expected: list[tuple[int, int, int]], work_seconds: float
) -> None:
    config = config_of({"max_seconds": limit})
    assert planned(config) == [(*model, False) for model in expected]
    plan = plan_retrainings(config, (FIRST, SECOND))
    assert plan.work_seconds == pytest.approx(work_seconds)


def test_the_limit_of_the_search_is_that_of_the_retraining_too() -> None:
    plan = plan_retrainings(config_of({}, search={"max_seconds": 1000}), (FIRST, SECOND))
    assert plan.work_seconds == pytest.approx(450)


def test_the_retraining_uses_the_time_that_the_search_left() -> None:
    config = config_of({}, search={"max_seconds": 600})
    plan = plan_retrainings(config, (FIRST, SECOND), unused_seconds=400)
    assert len(plan.models) == 4
    assert plan.work_seconds == pytest.approx(450)


def test_the_time_that_the_search_left_does_not_raise_a_limit_of_the_retraining() -> None:
    config = config_of({"max_seconds": 600}, search={"max_seconds": 600})
    plan = plan_retrainings(config, (FIRST, SECOND), unused_seconds=400)
    assert plan.work_seconds == pytest.approx(540)


def test_a_single_seed_continues_the_trial() -> None:
    config = config_of({"max_seconds": 100})
    assert planned(config, CONTINUED) == [(5, 1, 25, True)]
    assert planned(config_of({"max_seconds": 9000, "seeds": 1}), CONTINUED) == [(5, 1, 60, True)]


def test_a_trial_is_taken_as_it_is_if_there_is_no_time_to_improve_it() -> None:
    assert planned(config_of({"max_seconds": 30}), CONTINUED) == [(5, 1, 20, True)]


def test_a_trial_of_a_lower_rung_is_trained_to_the_end() -> None:
    lower = Candidate(5, epochs=6, kept_epochs=4, checkpoint="/c", epoch_seconds=10)
    assert planned(config_of({"max_seconds": 200, "seeds": 1}), lower) == [(5, 1, 27, True)]


def test_epochs_that_the_user_sets_are_kept() -> None:
    config = config_of({"max_seconds": 4000, "epochs": 15, "seeds": 1, "candidates": 1})
    assert planned(config, FIRST) == [(5, 1, 15, False)]
    assert planned(config, CONTINUED) == [(5, 1, 15, False)]


def uses_validation(config: Config, candidate: Candidate) -> bool:
    (model,) = plan_retrainings(config, (candidate,)).models
    return model.with_validation


def test_a_single_model_is_trained_on_the_validation_split_too() -> None:
    single = {"max_seconds": 300, "seeds": 1, "candidates": 1}
    assert uses_validation(config_of(single), FIRST)
    assert uses_validation(config_of(single), CONTINUED)
    several = plan_retrainings(config_of({"max_seconds": 4000}), (FIRST, SECOND)).models
    assert not any(model.with_validation for model in several)


def test_a_model_that_needs_a_score_is_not() -> None:
    single = {"max_seconds": 300, "seeds": 1, "candidates": 1}
    assert not uses_validation(config_of({**single, "with_validation": False}), FIRST)
    assert not uses_validation(config_of({**single, "max_seconds": 30}), CONTINUED)  # not trained
    for training in ({"schedule": "none"}, {"patience": 3}):
        assert not uses_validation(config_of(single, training=training), FIRST)
    assert not uses_validation(config_of(single, space={"hypermodel": "m.py:M"}), FIRST)


def test_user_code_is_not_trained_longer_than_a_trial() -> None:
    config = config_of(
        {"max_seconds": 4000, "seeds": 1, "candidates": 1}, space={"hypermodel": "m.py:M"}
    )
    assert planned(config, FIRST) == [(5, 1, 20, False)]


def test_the_limit_holds_for_all_models_where_the_duration_of_an_epoch_is_unknown() -> None:
    plan = plan_retrainings(
        config_of({"max_seconds": 300}), (Candidate(5, epochs=20), Candidate(2, epochs=20))
    )
    assert len(plan.models) == 4
    assert plan.work_seconds == pytest.approx(0.9 * 150)


DEFAULT = Candidate(trial=0, epochs=20, epoch_seconds=10)


@pytest.mark.parametrize(
    ("limit", "expected"),
    [
        (None, [(5, 1), (5, 2), (2, 1), (2, 2), (0, 1), (0, 2)]),
        (1400, [(5, 1), (5, 2), (2, 1), (2, 2), (0, 1), (0, 2)]),
        (1000, [(5, 1), (2, 1), (0, 1)]),
        (600, [(5, 1), (2, 1)]),
        (300, [(5, 1)]),
    ],
)
def test_the_default_network_is_retrained_like_the_candidates_if_there_is_time(
    limit: float | None, expected: list[tuple[int, int]]
) -> None:
    plan = plan_retrainings(config_of({"max_seconds": limit}), (FIRST, SECOND), default=DEFAULT)
    assert [(model.trial, model.seed) for model in plan.models] == expected


def test_the_default_network_is_retrained_once_and_only_if_wanted() -> None:
    among = plan_retrainings(config_of({"seeds": 1}), (FIRST, SECOND), default=SECOND)
    assert [model.trial for model in among.models] == [5, 2]
    config = config_of({"seeds": 1, "default_network": False})
    unwanted = plan_retrainings(config, (FIRST, SECOND), default=DEFAULT)
    assert [model.trial for model in unwanted.models] == [5, 2]
    assert (among.default, unwanted.default) == (2, 0)  # by which the choice is compared
    assert plan_retrainings(config, (FIRST, SECOND)).default is None

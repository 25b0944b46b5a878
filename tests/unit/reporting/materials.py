"""Report inputs for tests: realistic search journals and the results of later steps."""

import io
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from PIL import Image

from kubenas.config import Config
from kubenas.data.dataset.schema import DataSchema, Normalization, Shard, Split
from kubenas.reporting.report_input import Epoch, ReportInput, Retrained, Winner
from kubenas.search.journal.records import (
    AttemptLost,
    Closed,
    Ended,
    Opened,
    Proposed,
    Record,
    Started,
)
from kubenas.search.journal.state import SearchState, fold
from kubenas.search.proposals.duplicates import duplicate_end
from kubenas.training.evaluation import Evaluation, evaluate_predictions
from kubenas.trial import FailureClass, Outcome

from .networks import branching_network

Direction = Literal["max", "min"]
NASTY = ("<script>alert('x')</script>", 'cats & "dogs"', "a|b", "<img src=http://evil.example/>")
BEGAN = 1_750_000_000.0


@dataclass(frozen=True)
class Shape:
    """Properties of a generated search."""

    trials: int = 12
    direction: Direction = "max"
    classes: int = 10
    finished: bool = True
    nasty: bool = False

    @property
    def objective(self) -> str:
        return "val_accuracy" if self.direction == "max" else "val_loss"


def material(shape: Shape, **changes: Any) -> ReportInput:
    """Returns a report input of ``shape`` with the fields ``changes`` replaced."""
    state = search_state(shape)
    names = class_names(shape)
    given: dict[str, Any] = {
        "config": config(shape),
        "search": "fashion-0123456789",
        "state": state,
        "direction": shape.direction,
        "schema": data_schema(names),
        "card": {
            "duplicates": 3,
            "label_conflicts": 1,
            "notes": ["resized to 28 x 28"],
            "warnings": [f"class {names[0]} is small"],
        },
        "examples": examples_png(len(names)),
        "histories": histories(state, shape),
        "versions": {"kubenas": "0.1.0", "keras": "3.13.0"},
        "step_seconds": {"prepare": 12.5, "search": 0.0},
    }
    if shape.finished and state.ranked(shape.direction):
        given |= later_steps(state, shape, names)
    return ReportInput(**(given | changes))


def config(shape: Shape) -> Config:
    return Config.model_validate(
        {
            "name": "fashion",
            "output": "runs/fashion",
            "data": {"source": f"{NASTY[0]}.npz" if shape.nasty else "fashion.npz"},
            "search": {
                "objective": shape.objective,
                "direction": shape.direction,
                "max_trials": max(1, shape.trials),
            },
        }
    )


def class_names(shape: Shape) -> tuple[str, ...]:
    plain = [f"class {number}" for number in range(shape.classes)]
    return tuple([*NASTY, *plain][: shape.classes] if shape.nasty else plain)


def data_schema(names: Sequence[str]) -> DataSchema:
    sizes = {"train": 700, "validation": 150, "test": 150}
    return DataSchema(
        task="image-classification",
        digest="abcdef012345",
        shape=(28, 28, 1),
        dtype="uint8",
        classes=tuple(names),
        splits={
            name: Split(
                examples=size * len(names),
                shards=(Shard(name=name, examples=size * len(names), size=1, sha256=""),),
                class_counts=(size,) * len(names),
            )
            for name, size in sizes.items()
        },
        normalization=Normalization(mean=(0.0,), variance=(1.0,)),
    )


def examples_png(classes: int) -> bytes:
    pixels = np.random.default_rng(0).integers(0, 255, (28 * min(classes, 10), 280), np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "png")
    return buffer.getvalue()


def search_state(shape: Shape) -> SearchState:
    return fold(journal(shape))


def journal(shape: Shape) -> Iterator[Record]:
    """Builds a journal with retried, failed and duplicate trials; the last two may be running."""
    random_ = random.Random(shape.trials)
    at = BEGAN
    told: dict[int, Proposed] = {}
    ends: dict[int, Ended] = {}
    yield Opened(at=at, controller="worker-1")
    for number in range(shape.trials):
        at += random_.uniform(5, 60)
        original = number - 3 if number % 17 == 13 and number - 3 in ends else None
        values = _values(random_) if original is None else told[original].values
        told[number] = Proposed(
            at=at - 4.0,
            trial=number,
            values=values,
            oracle_trial=f"{number:04d}",
            duplicate_of=original,
        )
        yield told[number]
        if original is not None:
            yield duplicate_end(ends[original], trial=number, at=at)
            continue
        runs = not shape.finished and number >= shape.trials - 2
        for record in _attempts(number, at, values, shape):
            if isinstance(record, Ended):
                ends[number] = record
            if not (runs and isinstance(record, Ended)):
                yield record
        at += 3.0
    if shape.finished:
        yield Closed(at=at + 1, reason=f"all {shape.trials} trials were run")


def _values(random_: random.Random) -> dict[str, Any]:
    values: dict[str, Any] = {
        "layers": random_.randint(1, 4),
        "learning_rate": 10 ** random_.uniform(-4, -1.5),
        "optimizer": random_.choice(["adam", "sgd", "rmsprop"]),
        "batch_norm": random_.random() < 0.5,
        "noise": random_.choice([8, 16, 32, 64]),
    }
    for layer in range(values["layers"]):
        values[f"layer_{layer + 1}_filters"] = random_.choice([8, 16, 32, 64, 128])
    return values


def _attempts(number: int, at: float, values: dict[str, Any], shape: Shape) -> Iterator[Record]:
    yield Started(at=at - 3.5, trial=number, attempt=1)
    if number % 9 == 4:
        yield AttemptLost(
            at=at - 1.5,
            trial=number,
            attempt=1,
            failure=FailureClass.DISRUPTION,
            message="evicted <by> the node",
            seconds=2.0,
        )
        yield Started(at=at - 1.4, trial=number, attempt=2)
    yield from _end(number, at, values, shape, attempt=2 if number % 9 == 4 else 1)


def _end(
    number: int, at: float, values: dict[str, Any], shape: Shape, *, attempt: int
) -> Iterator[Record]:
    if number % 11 == 7:
        yield Ended(
            at=at,
            trial=number,
            outcome=Outcome.INFEASIBLE,
            attempt=attempt,
            seconds=1.0,
            failure=FailureClass.INVALID_GRAPH,
            message="<b>negative</b> dimension" if shape.nasty else "negative dimension",
        )
    elif number % 23 == 5:
        # Killed without a result: the loss and the end are both told.
        loss = {"failure": FailureClass.HOST_OOM, "message": "killed: 5 GiB used"}
        yield AttemptLost(at=at - 0.1, trial=number, attempt=attempt, seconds=1.2, **loss)
        yield Ended(at=at, trial=number, outcome=Outcome.FAILED, attempt=attempt, **loss)
    else:
        yield _completed(number, at, values, shape).model_copy(update={"attempt": attempt})


def _completed(number: int, at: float, values: dict[str, Any], shape: Shape) -> Ended:
    score = quality(number, values, shape.direction)
    weights = 1_000 * values["layers"] * values["layer_1_filters"]
    return Ended(
        at=at,
        trial=number,
        outcome=Outcome.COMPLETED,
        attempt=1,
        score=score,
        metrics={shape.objective: score, "loss": 0.5},
        epochs=8,
        seconds=1.3,
        parameters=weights,
        flops=20 * weights,
        latency_ms=0.2 + weights / 1e5,
    )


def quality(number: int, values: dict[str, Any], direction: Direction) -> float:
    """Score of a trial: it increases with the layers; every 40th trial is an outlier."""
    chance = random.Random(f"quality {number}")
    error = 0.25 - 0.05 * values["layers"] + chance.uniform(0, 0.03)
    if number % 40 == 39:
        error = 0.9
    return 1 - error if direction == "max" else 4 * error


def histories(state: SearchState, shape: Shape) -> dict[int, tuple[Epoch, ...]]:
    """Learning curves of eight epochs."""
    found = {}
    for number, trial in state.trials.items():
        if trial.end is None or trial.end.score is None:
            continue
        start = 0.3 if shape.direction == "max" else 2.0
        gap = trial.end.score - start
        found[number] = tuple(
            Epoch(e, 0.2, {shape.objective: start + gap * (1 - 0.5 ** (e + 1))}) for e in range(8)
        )
    return found


def later_steps(state: SearchState, shape: Shape, names: Sequence[str]) -> dict[str, Any]:
    """Results of retraining, evaluation and export for the two best trials."""
    best = state.ranked(shape.direction)[:2]
    sign = 1 if shape.direction == "max" else -1
    retrained = [
        Retrained(trial.number, seed, (trial.end.score or 0) + sign * 0.001 * seed, 9.5, 8)
        for trial in best
        if trial.end
        for seed in (1, 2)
    ]
    return {
        "retrained": tuple(retrained),
        "winner": Winner(
            best[0].number, best[0].proposal.values, branching_network(), "runs/fashion/export"
        ),
        "evaluation": evaluation(names),
        "step_seconds": {"prepare": 12.5, "search": 3_600.0, "retrain": 38.0, "evaluate": 2.0},
        "finished": True,
    }


def evaluation(names: Sequence[str], examples: int = 1_500) -> Evaluation:
    """Evaluation of a model with high accuracy."""
    random_ = np.random.default_rng(len(names))
    labels = random_.integers(0, len(names), examples)
    scores = random_.gumbel(size=(examples, len(names)))
    scores[np.arange(examples), labels] += 3.0 + np.log(len(names))
    powers = np.exp(scores)
    shares = powers / powers.sum(axis=1, keepdims=True)
    return evaluate_predictions(labels, shares, classes=tuple(names), model="model.keras")

"""Simulates how often the promotion gate errs, with the gate's own rule.

A draw is a test split with two models of known accuracies. They disagree on a share of its
examples, on which exactly one of them is right.

    .venv/bin/python benchmarks/gate.py
    .venv/bin/python benchmarks/gate.py --repeats
    .venv/bin/python benchmarks/gate.py --measure fashion_mnist.npz

The first command prints the shares of draws in which the challenger was promoted / refused. The
second does so for equal models on data with duplicates: for a test split with all examples, and for
one with each image once, as in prepared data. The third measures how much real networks disagree:
it trains six networks and compares all pairs.
"""

import argparse
import itertools
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from kubenas.config.promotion import PromotionConfig
from kubenas.serving.champion import ModelMetrics
from kubenas.serving.gate.gate import Challenger, EvaluatedChampion, Ground, decide
from kubenas.serving.gate.paired import compare

RULE = PromotionConfig()
EXAMPLES = (200, 500, 2_000, 10_000)
DISTINCT = (200, 500, 1_000)
DISAGREEMENTS = (0.03, 0.06, 0.10, 0.15)


@dataclass(frozen=True)
class Truth:
    """True quality of the challenger, compared to the champion."""

    name: str
    gain: float
    """Difference in accuracy, in margins."""
    cost: float
    """Cost as a share of the champion's."""


TRUTHS = (
    Truth("equal", 0, 1.0),
    Truth("better by a margin", 1, 1.0),
    Truth("better by two margins", 2, 1.0),
    Truth("equal, half the weights", 0, 0.5),
    Truth("worse by a margin, half the weights", -1, 0.5),
    Truth("worse by two margins", -2, 1.0),
)


def draw(
    truth: Truth, where: np.ndarray, disagreement: float, random: np.random.Generator
) -> Ground:
    """Returns the gate's ground on one simulated test split.

    ``where``, of shape (examples,) with values from 0 to 1, determines which models are right.
    """
    examples = len(where)
    gain = truth.gain * RULE.margin
    gained, lost = (disagreement + gain) / 2, (disagreement - gain) / 2
    challenger, champion = where >= lost, (where < lost) | (where >= gained + lost)
    found = compare(challenger, champion, confidence=RULE.confidence)
    costs = (truth.cost, 1.0)
    figures = [
        ModelMetrics(
            examples=examples,
            accuracy=float(right.mean()),
            loss=0.0,
            macro_f1=0.0,
            parameters=round(100_000 * cost),
            flops=round(1_000_000 * cost),
        )
        for right, cost in zip((challenger, champion), costs, strict=True)
    ]
    before = random.binomial(examples, 1 - gained) / examples  # on an earlier test split
    recorded = figures[1].model_copy(update={"accuracy": before})
    opponent = EvaluatedChampion(figures[1], found, recorded)
    return decide(RULE, Challenger(figures[0], {}), opponent, against=1).ground


def simulate(draws: int, seed: int) -> None:
    columns = [f"{share:.0%}" for share in DISAGREEMENTS]
    print(f"| the challenger is truly | test examples | {' | '.join(columns)} |")
    print(f"|---|---:|{'---:|' * len(columns)}")
    for number, truth in enumerate(TRUTHS):
        for examples in EXAMPLES:
            cells = []
            for disagreement in DISAGREEMENTS:
                random = np.random.default_rng([seed, number, examples, round(1000 * disagreement)])
                grounds = (
                    draw(truth, random.random(examples), disagreement, random) for _ in range(draws)
                )
                verdicts = Counter(ground.verdict for ground in grounds)
                cells.append(
                    f"{verdicts['promote'] / draws:.1%} / {verdicts['refuse'] / draws:.1%}"
                )
            print(f"| {truth.name} | {examples:,} | {' | '.join(cells)} |", flush=True)


def simulate_repeats(draws: int, seed: int) -> None:
    """Simulates equal models on 2,000 examples of fewer images."""
    columns = [f"{share:.0%}" for share in DISAGREEMENTS]
    print(f"| images in 2,000 examples | counted | {' | '.join(columns)} |")
    print(f"|---:|---|{'---:|' * len(columns)}")
    for distinct, once in itertools.product(DISTINCT, (False, True)):
        cells = []
        for disagreement in DISAGREEMENTS:
            random = np.random.default_rng([seed, distinct, round(1000 * disagreement)])
            promoted = 0
            for _ in range(draws):
                shown = random.integers(0, distinct, 2_000)
                where = random.random(distinct)[np.unique(shown) if once else shown]
                promoted += draw(TRUTHS[0], where, disagreement, random).verdict == "promote"
            cells.append(f"{promoted / draws:.1%}")
        print(f"| {distinct} | {'once' if once else 'each'} | {' | '.join(cells)} |", flush=True)


def measure(source: Path, seed: int) -> None:
    """Trains a small convolutional network in two sizes, three times each."""
    import keras

    with np.load(source) as data:
        pictures, labels = data["x"][..., None] / np.float32(255), data["y"]
    order = np.random.default_rng(seed).permutation(len(labels))
    train, test = order[:20_000], order[-2_000:]
    right: dict[str, np.ndarray] = {}
    for width, number in itertools.product((16, 32), (1, 2, 3)):
        keras.utils.set_random_seed(seed + number)
        layers = [
            keras.layers.Conv2D(width, 3, activation="relu"),
            keras.layers.MaxPooling2D(),
            keras.layers.Conv2D(2 * width, 3, activation="relu"),
            keras.layers.Flatten(),
            keras.layers.Dense(64, "relu"),
            keras.layers.Dense(10, "softmax"),
        ]
        model = keras.Sequential([keras.Input(pictures.shape[1:]), *layers])
        model.compile("adam", "sparse_categorical_crossentropy")
        model.fit(pictures[train], labels[train], epochs=4, batch_size=64, verbose=0)
        predicted = model.predict(pictures[test], batch_size=256, verbose=0).argmax(axis=1)
        name = f"{width} filters, seed {number}"
        right[name] = predicted == labels[test]
        print(f"{name}: accuracy {right[name].mean():.2%}", flush=True)
    pairs = list(itertools.combinations(right, 2))
    shares = [float((right[a] != right[b]).mean()) for a, b in pairs]
    print(
        f"{len(pairs)} pairs disagree on {min(shares):.1%} to {max(shares):.1%} of 2,000 images,"
        f" half of them on {np.median(shares):.1%} or more"
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--draws", type=int, default=2_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--repeats", action="store_true")
    parser.add_argument("--measure", type=Path, metavar="DATA.npz")
    given = parser.parse_args()
    if given.measure:
        measure(given.measure, given.seed)
    elif given.repeats:
        simulate_repeats(given.draws, given.seed)
    else:
        simulate(given.draws, given.seed)


if __name__ == "__main__":
    main()

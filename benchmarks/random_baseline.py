"""Simulates how often the report's lower bound on random search at equal cost holds.

Some networks are drawn at random and scored. The bound that follows from them is compared with the
true median of the best score of a larger number of draws, which is known for each distribution.

    .venv/bin/python benchmarks/random_baseline.py

prints the share of simulations in which the bound holds, which should be 95 % or more, and the
probability that random search reaches the bound, which is 50 % for the tightest bound.
"""

import argparse

import numpy as np
from scipy import stats

from kubenas.reporting.random_search import lower_bound

DISTRIBUTIONS = {
    "normal": stats.norm(0.8, 0.05),
    "near a ceiling": stats.beta(8, 1.5),
    "heavy-tailed": stats.t(2),
    "right of 100 examples": stats.binom(100, 0.8),
}
DRAWS = (3, 5, 10, 30)
RATIOS = (1.5, 4, 10)


def coverage(name: str, draws: int, ratio: float, rounds: int, seed: int) -> tuple[float, float]:
    """Returns how often the bound holds, and how often random search reaches it."""
    scores = DISTRIBUTIONS[name]
    random = np.random.default_rng([seed, list(DISTRIBUTIONS).index(name), draws, int(10 * ratio)])
    trials = ratio * draws
    drawn = scores.rvs((rounds, draws), random_state=random)
    bounds = np.array([lower_bound(each, trials, "max") for each in drawn])
    truth = scores.ppf(0.5 ** (1 / trials))
    below = scores.cdf(bounds) - (scores.pmf(bounds) if hasattr(scores.dist, "pmf") else 0)
    return float((bounds <= truth).mean()), float((1 - below**trials).mean())


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=2_000)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    columns = [f"{ratio:g} times as many" for ratio in RATIOS]
    print(f"| scores are | draws | {' | '.join(columns)} |")
    print(f"|---|---:|{'---:|' * len(columns)}")
    for name in DISTRIBUTIONS:
        for draws in DRAWS:
            cells = [
                "{:.1%} / {:.0%}".format(*coverage(name, draws, ratio, given.rounds, given.seed))
                for ratio in RATIOS
            ]
            print(f"| {name} | {draws} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()

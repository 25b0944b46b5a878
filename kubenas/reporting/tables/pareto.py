"""The Pareto front of score and cost."""

from collections.abc import Iterable
from typing import Literal, NamedTuple


class Point(NamedTuple):
    """Cost and score of one trial."""

    trial: int
    cost: float
    score: float


def pareto_front(points: Iterable[Point], direction: Literal["max", "min"]) -> list[Point]:
    """Returns the non-dominated points, the cheapest first.

    Of equal points only the one with the lowest trial number is kept.
    """
    sign = 1 if direction == "max" else -1
    front: list[Point] = []
    for point in sorted(points, key=lambda p: (p.cost, -sign * p.score, p.trial)):
        if not front or sign * point.score > sign * front[-1].score:
            front.append(point)
    return front

"""Spaces of tables: categorical decisions, some of them conditional on others."""

import itertools
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import keras_tuner

Value = str | int | float
Values = Mapping[str, Value]
Key = tuple[tuple[str, Value], ...]


@dataclass(frozen=True)
class Decision:
    """A choice among ``options``. It is active if ``parent`` has one of the values ``when``."""

    name: str
    options: tuple[Value, ...]
    ordered: bool = False
    parent: str = ""
    when: tuple[Value, ...] = ()


class Space:
    """A sequence of decisions, parents before their children."""

    def __init__(self, decisions: Iterable[Decision]) -> None:
        self.decisions = tuple(decisions)
        self._by_name = {decision.name: decision for decision in self.decisions}

    def active(self, values: Values) -> dict[str, Value]:
        """Returns ``values`` of active decisions."""
        kept: dict[str, Value] = {}
        for decision in self.decisions:
            if self.exists(decision, kept):
                kept[decision.name] = values[decision.name]
        return kept

    def exists(self, decision: Decision, values: Values) -> bool:
        """Returns whether ``decision`` is active given the ``values`` of its parents."""
        return not decision.parent or values.get(decision.parent) in decision.when

    def draw(self, rng: np.random.Generator, given: Values | None = None) -> dict[str, Value]:
        """Returns uniform random values. Values in ``given`` are kept."""
        values: dict[str, Value] = {}
        for decision in self.decisions:
            if not self.exists(decision, values):
                continue
            known = None if given is None else given.get(decision.name)
            drawn = decision.options[int(rng.integers(len(decision.options)))]
            values[decision.name] = drawn if known is None else known
        return values

    def mutated(self, values: Values, rng: np.random.Generator) -> dict[str, Value]:
        """Returns ``values`` with one decision changed. Decisions that become active are drawn."""
        names = [name for name in values if len(self._by_name[name].options) > 1]
        name = names[int(rng.integers(len(names)))]
        others = [option for option in self._by_name[name].options if option != values[name]]
        return self.draw(rng, {**values, name: others[int(rng.integers(len(others)))]})

    def neighbours(self, values: Values, rng: np.random.Generator) -> Iterator[dict[str, Value]]:
        """Yields all points that differ in one decision."""
        for name, taken in values.items():
            for option in self._by_name[name].options:
                if option != taken:
                    yield self.draw(rng, {**values, name: option})

    def every(self) -> Iterator[dict[str, Value]]:
        """All points of a space without conditions."""
        names = [decision.name for decision in self.decisions]
        for taken in itertools.product(*(decision.options for decision in self.decisions)):
            yield dict(zip(names, taken, strict=True))

    def hyperparameters(self) -> "keras_tuner.HyperParameters":
        """Returns the space as ``keras_tuner.HyperParameters``."""
        import keras_tuner

        space = keras_tuner.HyperParameters()
        for decision in self.decisions:
            with ExitStack() as scopes:
                for ancestor in reversed(list(self._ancestors(decision))):
                    scopes.enter_context(
                        space.conditional_scope(ancestor.parent, list(ancestor.when))
                    )
                space.Choice(decision.name, list(decision.options), ordered=decision.ordered)
        return space

    def _ancestors(self, decision: Decision) -> Iterator[Decision]:
        """Yields ``decision`` and its conditional ancestors."""
        while decision.parent:
            yield decision
            decision = self._by_name[decision.parent]


def key(values: Values) -> Key:
    """Returns a key that identifies a point."""
    return tuple(sorted(values.items()))

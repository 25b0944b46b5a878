"""Random spaces and checks of valid values, independent of the oracles' code."""

import itertools
import math
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from typing import Any

import keras_tuner
from hypothesis import strategies as st

from kubenas.spaces.graph import Graph

DECLARE: dict[str, Callable[[keras_tuner.HyperParameters, str], Any]] = {
    "letters": lambda hp, name: hp.Choice(name, ["a", "b", "c"]),
    "sizes": lambda hp, name: hp.Choice(name, [16, 32, 64], default=32),
    "unordered sizes": lambda hp, name: hp.Choice(name, [3, 5], ordered=False),
    "boolean": lambda hp, name: hp.Boolean(name),
    "int": lambda hp, name: hp.Int(name, -2, 3),
    "log int": lambda hp, name: hp.Int(name, 8, 512, sampling="log"),
    "stepped int": lambda hp, name: hp.Int(name, 10, 95, step=10),
    "float": lambda hp, name: hp.Float(name, -1.0, 1.0),
    "log float": lambda hp, name: hp.Float(name, 1e-4, 1e-1, sampling="log"),
    "stepped float": lambda hp, name: hp.Float(name, 0.0, 0.5, step=0.1, default=0.3),
    "fixed": lambda hp, name: hp.Fixed(name, 7),
}
KINDS = tuple(DECLARE)
COUNTABLE = ("letters", "sizes", "boolean", "fixed")


@st.composite
def spaces(
    draw: st.DrawFn, *, kinds: tuple[str, ...] = KINDS, most: int = 6
) -> keras_tuner.HyperParameters:
    """Generates spaces of up to ``most`` hyperparameters, some of them conditional."""
    hp = keras_tuner.HyperParameters()
    scopes: dict[str, list[tuple[str, list[Any]]]] = {}
    for number in range(draw(st.integers(1, most))):
        name, kind = f"p{number}", draw(st.sampled_from(kinds))
        conditions: list[tuple[str, list[Any]]] = []
        if scopes and draw(st.booleans()):
            parent = draw(st.sampled_from(sorted(scopes)))
            values = next(list(each.values) for each in hp.space if each.name == parent)
            chosen = draw(st.lists(st.sampled_from(values), min_size=1, unique=True))
            conditions = [*scopes[parent], (parent, chosen)]
        with ExitStack() as stack:
            for condition in conditions:
                stack.enter_context(hp.conditional_scope(*condition))
            DECLARE[kind](hp, name)
        if kind in {"letters", "sizes", "boolean"}:
            scopes[name] = conditions
    return hp


def fresh(space: keras_tuner.HyperParameters) -> keras_tuner.HyperParameters:
    """Returns a copy, since an oracle may add hyperparameters to its space."""
    return keras_tuner.HyperParameters.from_config(space.get_config())


def wrong(space: keras_tuner.HyperParameters, values: Mapping[str, Any]) -> str:
    """Returns what is wrong with ``values``; empty: nothing."""
    hp = fresh(space)
    hp.values = dict(values)
    for parameter in hp.space:
        if hp.is_active(parameter) != (parameter.name in values):
            return f"{parameter.name} is {'missing' if hp.is_active(parameter) else 'inactive'}"
        if parameter.name in values and not _is_one(parameter, values[parameter.name]):
            return f"{parameter.name} cannot be {values[parameter.name]!r}"
    return "" if set(values) <= {each.name for each in hp.space} else "unknown names"


def everything(space: keras_tuner.HyperParameters) -> Iterator[dict[str, Any]]:
    """Yields all values of a space of choices, booleans and constants."""
    options = {parameter.name: list(parameter.values) for parameter in space.space}
    found = set()
    for chosen in itertools.product(*options.values()):
        hp = fresh(space)
        hp.values = dict(zip(options, chosen, strict=True))
        active = tuple((each.name, hp.values[each.name]) for each in hp.space if hp.is_active(each))
        if active not in found:
            found.add(active)
            yield dict(active)


def tail_graph(values: Mapping[str, Any]) -> Graph:
    """Returns a graph that does not depend on the first hyperparameter, p0."""
    labels = [f"{name} {value}" for name, value in sorted(values.items()) if name != "p0"]
    return Graph.chain(["input", *labels], parameters=float(len(labels)))


def _is_one(parameter: Any, value: Any) -> bool:
    kind = type(parameter).__name__
    if kind == "Boolean":
        return isinstance(value, bool)
    if kind == "Fixed":
        return bool(value == parameter.value)
    if kind == "Choice":
        return value in parameter.values and type(value) is type(parameter.values[0])
    if type(value) is not (int if kind == "Int" else float):
        return False
    inside = parameter.min_value <= value <= parameter.max_value
    steps = (value - parameter.min_value) / (parameter.step or 1)
    stepped = parameter.sampling == "linear" and (parameter.step or kind == "Int")
    return inside and (not stepped or math.isclose(steps, round(steps), abs_tol=1e-6))

"""A synthetic conditional space: one to eight layers, each a convolution, pooling or dense layer.

The score is 95 points minus penalties, which depend on adjacent layers and on layer counts. The
best value of a layer thus depends on the other layers. The exact optimum is computed by dynamic
programming over the state of the penalties.
"""

import hashlib
import itertools
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from searching.tables.graphs import chain_graph
from searching.tables.space import Decision, Space, Values
from searching.tables.table import Goal, Objective, Scores, Table

if TYPE_CHECKING:
    from kubenas.spaces.graph import Graph

MOST_LAYERS = 8
_CONV = {"filters": (16, 32, 64, 128), "kernel": (3, 5)}
_POOL = {"pool": ("max", "average")}
_DENSE = {"units": (32, 64, 128, 256), "dropout": (0.0, 0.25, 0.5)}
_KINDS: dict[str, dict[str, tuple[Any, ...]]] = {"conv": _CONV, "pool": _POOL, "dense": _DENSE}
_TOP, _NEAR = 95.0, 0.5
_RUNS, _NOISE = 3, 0.3

Layer = tuple[str, tuple[Any, ...]]
"""Kind of a layer, and the values of its decisions."""


def layer_lists() -> Table:
    """Returns the table with its synthetic score, in points of accuracy."""
    space = Space(_decisions())
    best = _TOP - _least_penalty()
    rng = np.random.default_rng(0)
    typical = float(np.median([_score(space.draw(rng)) for _ in range(2000)]))
    return Table(
        name="layer-lists",
        space=space,
        objectives=(Objective("val_accuracy"),),
        goal=Goal(best, typical, near=best - _NEAR),
        runs=_runs,
        seconds=lambda values: sum(_seconds(layer) for layer in layers(values)),
        graph=_graph,
        quality="synthetic accuracy, points",
    )


def layers(values: Mapping[str, Any]) -> list[Layer]:
    """Returns the layers with the given ``values``."""
    kinds = [(f"layer_{i}", str(values[f"layer_{i}/kind"])) for i in range(values["length"])]
    return [
        (kind, tuple(values[f"{layer}/{kind}/{name}"] for name in _KINDS[kind]))
        for layer, kind in kinds
    ]


def _decisions() -> Iterator[Decision]:
    yield Decision("length", tuple(range(1, MOST_LAYERS + 1)), ordered=True)
    for i in range(MOST_LAYERS):
        kind = f"layer_{i}/kind"
        yield Decision(
            kind, tuple(_KINDS), parent="length", when=tuple(range(i + 1, MOST_LAYERS + 1))
        )
        for name, inner in _KINDS.items():
            for choice, options in inner.items():
                ordered = not isinstance(options[0], str)
                yield Decision(f"layer_{i}/{name}/{choice}", options, ordered, kind, (name,))


@dataclass(frozen=True)
class _Memory:
    """The state of earlier layers that penalties depend on."""

    last: str = ""
    filters: int = 0
    """Filters of the last convolution."""
    convs: int = 0
    pools: int = 0
    denses: int = 0


def _score(values: Values) -> float:
    memory, penalty = _Memory(), 0.0
    for layer in layers(values):
        memory, more = _after(memory, layer)
        penalty += more
    return float(_TOP - penalty - _in_the_end(memory))


def _after(memory: _Memory, layer: Layer) -> tuple[_Memory, float]:
    """Returns the memory after one more layer, and the layer's penalty."""
    kind, chosen = layer
    late = 4.0 if memory.last == "dense" and kind != "dense" else 0.0
    if kind == "conv":
        return _after_conv(memory, *chosen, late)
    if kind == "pool":
        stacked = 2.5 if memory.last in {"", "pool"} else 0.0
        average = 0.3 * (chosen[0] == "average") * (1 if memory.pools == 0 else -1)
        return replace(memory, last=kind, pools=memory.pools + 1), late + stacked + average
    units, dropout = chosen
    shape = 0.6 * abs(np.log2(units / 128)) + 2.4 * abs(dropout - 0.25)
    return replace(memory, last=kind, denses=memory.denses + 1), late + shape


def _after_conv(memory: _Memory, filters: int, kernel: int, late: float) -> tuple[_Memory, float]:
    wanted = memory.filters * (2 if memory.last == "pool" else 1) if memory.filters else 32
    growth = 0.7 * abs(np.log2(filters / min(wanted, 128)))
    window = 0.5 * (kernel != (5 if memory.convs == 0 else 3))
    after = replace(memory, last="conv", filters=filters, convs=memory.convs + 1)
    return after, late + growth + window


def _in_the_end(memory: _Memory) -> float:
    depth = 18.0 * 0.5**memory.convs + 0.4 * memory.convs
    return depth + 2.0 * abs(memory.pools - 2) + 1.5 * abs(memory.denses - 1)


def _least_penalty() -> float:
    every = [
        (kind, chosen)
        for kind, inner in _KINDS.items()
        for chosen in itertools.product(*inner.values())
    ]
    best, least = float("inf"), {_Memory(): 0.0}
    for _ in range(MOST_LAYERS):
        longer: dict[_Memory, float] = {}
        for (memory, penalty), layer in itertools.product(least.items(), every):
            after, more = _after(memory, layer)
            longer[after] = min(longer.get(after, float("inf")), penalty + more)
        least = longer
        best = min(best, *(penalty + _in_the_end(memory) for memory, penalty in least.items()))
    return float(best)


def _runs(values: Values) -> list[Scores]:
    """Returns three trainings with the score as mean. They are the same for the same point."""
    text = json.dumps(layers(values))
    seed = int.from_bytes(hashlib.sha256(text.encode()).digest()[:8])
    noise = np.random.default_rng(seed).normal(0.0, _NOISE, _RUNS)
    return [(_score(values) + float(more),) for more in noise - noise.mean()]


def _seconds(layer: Layer) -> float:
    kind, chosen = layer
    return {"conv": 2.0 + chosen[0] / 16 if kind == "conv" else 0.0, "pool": 1.0}.get(kind, 2.0)


def _graph(values: Mapping[str, Any]) -> "Graph":
    labels = [":".join(map(str, (kind, *chosen))) for kind, chosen in layers(values)]
    return chain_graph(labels, None)

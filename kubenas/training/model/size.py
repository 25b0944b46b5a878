"""The size of a model before training, and the check of the search limits."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import keras

from kubenas.training.fit.variables import optimizer_variables
from kubenas.training.model.measure import Cost
from kubenas.trial import Limits

_MEBIBYTE = 2**20
_UNITS = {
    "parameters": "weights",
    "flops": "floating-point operations for one example",
    "latency_ms": "ms for one example",
    "memory_mib": "MiB of memory to train it",
    "model_mib": "MiB for its weights",
}


@dataclass(frozen=True)
class ModelSize:
    """Values for the fields of :class:`kubenas.trial.Limits`. None if not measurable."""

    parameters: int
    flops: int | None
    latency_ms: float | None
    memory_mib: float
    model_mib: float


def model_size(model: keras.Model, cost: Cost, *, batch_size: int) -> ModelSize:
    """Returns the size of a compiled model with a built optimiser."""
    weights = _mebibytes_of(model.variables)
    return ModelSize(
        parameters=model.count_params(),
        flops=cost.flops,
        latency_ms=cost.latency_ms,
        memory_mib=weights + _training_mib(model, batch_size),
        model_mib=weights,
    )


def mebibytes(weights: Iterable[tuple[str, Sequence[int]]]) -> float:
    """Returns the size in MiB of weights with the given dtypes and shapes."""
    return sum(_width(dtype) * math.prod(shape) for dtype, shape in weights) / _MEBIBYTE


def limit_violation(size: ModelSize, limits: Limits) -> str:
    """Describes the first limit that is exceeded or cannot be checked. Empty if none is."""
    for name, unit in _UNITS.items():
        limit, value = getattr(limits, name), getattr(size, name)
        if limit is None:
            continue
        if value is None:
            return f"search.limits.{name}: the network's {unit} cannot be measured"
        if value > limit:
            return f"{value:.6g} {unit}, more than search.limits.{name} of {limit:g}"
    return ""


def _training_mib(model: keras.Model, batch_size: int) -> float:
    """Estimates the memory in MiB that training needs in addition to the weights.

    The estimate includes gradients, optimiser variables and the output of every layer for one
    batch, which is kept for the backward pass. It excludes temporary memory of kernels and
    layers nested in other layers.
    """
    gradients = _mebibytes_of(model.trainable_variables)
    optimizer = _mebibytes_of(optimizer_variables(model))
    return gradients + optimizer + batch_size * _output_bytes(model) / _MEBIBYTE


def _output_bytes(model: keras.Model) -> float:
    """Returns the size in bytes of all layer outputs for one example."""
    tensors = keras.tree.flatten([_outputs(layer) for layer in model.layers])
    return float(
        sum(_width(str(t.dtype)) * math.prod(n or 1 for n in t.shape[1:]) for t in tensors)
    )


def _outputs(layer: keras.Layer) -> Any:
    try:
        return layer.output
    except AttributeError:  # not part of a functional graph, or called several times
        return []


def _mebibytes_of(variables: Iterable[keras.Variable]) -> float:
    return mebibytes((str(variable.dtype), variable.shape) for variable in variables)


def _width(dtype: str) -> float:
    """Returns the size of one element in bytes."""
    return _BYTES.get(dtype, 4)


_BYTES = {"float16": 2, "bfloat16": 2, "float64": 8, "int64": 8, "int8": 1, "uint8": 1, "bool": 1}

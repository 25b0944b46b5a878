"""Measurement of the cost of a model: FLOPs and latency for one example."""

import logging
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import keras
import tensorflow as tf
from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

from kubenas.training.model.example import zero_examples

_LOG = logging.getLogger(__name__)
_RUNS = 20
_LONGEST_SECONDS = 0.3
_LEAST_RUNS = 3

Predict: TypeAlias = keras.Model | Callable[[tf.Tensor], tf.Tensor]
_Function: TypeAlias = tf.types.experimental.ConcreteFunction


@dataclass(frozen=True)
class Cost:
    """Cost of one example. None if it cannot be measured."""

    flops: int | None
    latency_ms: float | None
    """Median over up to 20 runs at batch size 1, in milliseconds."""


def measure_cost(predict: Predict, batch: tf.TensorSpec) -> Cost:
    """Measures a model on one example. Logs errors and does not raise.

    Args:
        predict: a Keras model or another function of a batch.
        batch: dtype and shape of a batch of examples.
    """
    try:
        example = zero_examples(batch)
        traced = tf.function(lambda values: _called(predict, values))
        function = traced.get_concrete_function(tf.TensorSpec(example.shape, batch.dtype))
        inlined = function if isinstance(predict, keras.Model) else _inlined(function)
        return Cost(_flops(inlined.graph), _latency_ms(function, example))
    except Exception:  # noqa: BLE001  # user layers may raise; the trained model is still valid
        _LOG.warning("the model's cost could not be measured", exc_info=True)
        return Cost(None, None)


def _called(predict: Predict, values: tf.Tensor) -> tf.Tensor:
    return predict(values, training=False) if isinstance(predict, keras.Model) else predict(values)


def _inlined(function: _Function) -> _Function:
    """Inlines the function call of a SavedModel signature, which is opaque to the profiler."""
    return convert_variables_to_constants_v2(function)


def _flops(graph: tf.Graph) -> int:
    """Returns TensorFlow's profiler count. A multiplication and an addition count as two."""
    builder = tf.compat.v1.profiler.ProfileOptionBuilder
    options = builder(builder.float_operation()).with_empty_output().build()
    return int(tf.compat.v1.profiler.profile(graph, options=options).total_float_ops)


def _latency_ms(function: _Function, example: tf.Tensor) -> float:
    keras.ops.convert_to_numpy(function(example))  # warm-up: selects kernels, allocates memory
    end = time.perf_counter() + _LONGEST_SECONDS
    times: list[float] = []
    while len(times) < _RUNS and (time.perf_counter() < end or len(times) < _LEAST_RUNS):
        start = time.perf_counter()
        keras.ops.convert_to_numpy(function(example))
        times.append(time.perf_counter() - start)
    return statistics.median(times) * 1000

"""What a model costs: floating-point operations and time for one example."""

import logging
import statistics
import time
from dataclasses import dataclass

import keras
import tensorflow as tf

_LOG = logging.getLogger(__name__)
_RUNS = 20
_LONGEST_SECONDS = 0.3
_LEAST_RUNS = 3


@dataclass(frozen=True)
class Cost:
    """Of one example; None where it cannot be measured."""

    flops: int | None
    latency_ms: float | None
    """Median over up to 20 runs at batch size 1, in milliseconds."""


def measure_cost(model: keras.Model, input_shape: tuple[int, int, int]) -> Cost:
    """Measures ``model`` on one example of ``input_shape``; never fails."""
    try:
        example = tf.zeros((1, *input_shape), tf.float32)
        predict = tf.function(lambda image: model(image, training=False))
        function = predict.get_concrete_function(tf.TensorSpec(example.shape, tf.float32))
        return Cost(_flops(function.graph), _latency_ms(function, example))
    except Exception:  # noqa: BLE001  # user layers may refuse; a trained model is not lost to it
        _LOG.warning("the model's cost could not be measured", exc_info=True)
        return Cost(None, None)


def _flops(graph: tf.Graph) -> int:
    """As TensorFlow's profiler counts: a multiplication and an addition are two."""
    builder = tf.compat.v1.profiler.ProfileOptionBuilder
    options = builder(builder.float_operation()).with_empty_output().build()
    return int(tf.compat.v1.profiler.profile(graph, options=options).total_float_ops)


def _latency_ms(function: tf.types.experimental.ConcreteFunction, example: tf.Tensor) -> float:
    keras.ops.convert_to_numpy(function(example))  # warm-up: kernels are chosen, memory is got
    end = time.perf_counter() + _LONGEST_SECONDS
    times: list[float] = []
    while len(times) < _RUNS and (time.perf_counter() < end or len(times) < _LEAST_RUNS):
        start = time.perf_counter()
        keras.ops.convert_to_numpy(function(example))
        times.append(time.perf_counter() - start)
    return statistics.median(times) * 1000

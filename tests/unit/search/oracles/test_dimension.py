"""Numbers as levels: counted without being written out, and yet exactly Keras-Tuner's values."""

import keras_tuner
import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from keras_tuner.engine import hyperparameters as kt

from kubenas.search.oracles.catalog import ORACLES
from kubenas.search.oracles.create import create_oracle
from kubenas.search.oracles.dimension import Dimension
from kubenas.search.oracles.encoding import Encoding

from .driving import Drive
from .spaces import wrong

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:keras_tuner")

NAMES = tuple(info.name for info in ORACLES if info.name != "hyperband")
LOGARITHMIC = ("log", "reverse_log")
numbers = st.floats(-50, 50, allow_subnormal=False).map(lambda each: round(each, 3))


@st.composite
def stepped(draw: st.DrawFn) -> kt.Int | kt.Float:
    """A number with a step, of at most some thousand values."""
    kind, sampling = (
        draw(st.sampled_from([kt.Int, kt.Float])),
        draw(st.sampled_from(["linear", *LOGARITHMIC])),
    )
    if kind is kt.Int:
        low = draw(st.integers(-50 if sampling == "linear" else 1, 50))
        high, step = low + draw(st.integers(0, 2000)), draw(st.integers(2, 60))
    else:
        low = draw(numbers if sampling == "linear" else st.sampled_from([1e-5, 0.01, 0.3, 7.0]))
        high = low + draw(st.sampled_from([0.0, 0.1, 0.5, 3.0, 1000.0]))
        step = draw(st.sampled_from([0.1, 0.25, 0.3, 7.0]))
        step += 1.0 if sampling != "linear" else 0.0
    return kind("n", low, high, step=step, sampling=sampling)


@given(stepped())
def test_levels_are_keras_tuners_values(number):
    cast = int if isinstance(number, kt.Int) else float
    values = [cast(value) for value in number.values]
    assume(number.min_value < number.max_value)
    dimension = Dimension(number)
    levels = range(dimension.levels)
    assert [dimension.decode(float(level)) for level in levels] == values
    assert [dimension.encode(value) for value in values if value in number_range(number)] == [
        float(level) for level, value in enumerate(values) if value in number_range(number)
    ]


class number_range:  # noqa: N801, reads as a function
    """What an oracle may be told: rounding takes some of Keras-Tuner's own values out of it."""

    def __init__(self, number: kt.Int | kt.Float) -> None:
        self.number = number

    def __contains__(self, value: float) -> bool:
        return bool(self.number.min_value <= value <= self.number.max_value)

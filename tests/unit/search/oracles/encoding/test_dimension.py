"""Levels of numeric dimensions: the values are exactly those of Keras-Tuner."""

import keras_tuner
import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from keras_tuner.engine import hyperparameters as kt

from kubenas.search.oracles.catalog import ORACLES
from kubenas.search.oracles.encoding.dimension import Dimension
from tests.unit.search.oracles.driving import Drive

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:keras_tuner")

NAMES = tuple(info.name for info in ORACLES if not info.is_from_keras_tuner)
LOGARITHMIC = ("log", "reverse_log")
numbers = st.floats(-50, 50, allow_subnormal=False).map(lambda each: round(each, 3))


@st.composite
def stepped(draw: st.DrawFn) -> kt.Int | kt.Float:
    """Generates numbers with a step and at most some thousand values."""
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
    assert [dimension.decode(float(level)) for level in range(dimension.levels)] == values
    for level, value in enumerate(values):
        if number.min_value <= value <= number.max_value:  # rounding takes some out
            assert dimension.encode(value) == level


HUGE = {
    "linear": {"min_value": 0, "max_value": 10**12},
    "stepped": {"min_value": 7, "max_value": 10**13, "step": 3},
    "beyond floats": {"min_value": -(10**18), "max_value": 10**30},
    "log": {"min_value": 1, "max_value": 10**12, "sampling": "log"},
    "reverse_log": {"min_value": 1, "max_value": 10**12, "sampling": "reverse_log"},
}


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("scale", HUGE)
def test_every_oracle_searches_huge_ranges(name, scale):
    hp = keras_tuner.HyperParameters()
    hp.Int("n", **HUGE[scale])
    hp.Choice("kind", ["a", "b"])
    drive = Drive(name, hp, max_trials=12)
    while values := drive.ask():
        own = HUGE[scale]
        assert type(values["n"]) is int
        assert own["min_value"] <= values["n"] <= own["max_value"]
        assert (values["n"] - own["min_value"]) % own.get("step", 1) == 0
        drive.tell()
    tried = {each["n"] for each in drive.values.values()}
    assert len(tried) >= (6 if name == "grid" else 9)  # of a grid the last one changes fastest


@pytest.mark.parametrize("scale", [scale for scale in HUGE if scale != "beyond floats"])
def test_in_a_huge_range_each_value_has_its_own_code(scale):
    dimension = Dimension(kt.Int("n", **HUGE[scale]))
    codes = dimension.draw(100, np.random.default_rng(0))
    assert [dimension.encode(dimension.decode(code)) for code in codes] == codes.tolist()


@pytest.mark.parametrize("sampling", LOGARITHMIC)
def test_integers_are_distributed_as_in_keras_tuner(sampling):
    number = kt.Int("n", 1, 1000, sampling=sampling)
    dimension = Dimension(number)
    drawn = [dimension.decode(c) for c in dimension.draw(4000, np.random.default_rng(0))]
    expected = [number.prob_to_value((place + 0.5) / 4000) for place in range(4000)]
    assert np.median(drawn) == pytest.approx(np.median(expected), rel=0.1)
    positions = dimension.positions(np.array([0.0, dimension.middle, 999.0]))
    assert positions == pytest.approx([0.0, 0.5, 1.0], abs=0.01)

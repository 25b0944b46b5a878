"""Points of the registered spaces: random, and drawn by hypothesis."""

from collections.abc import Callable

import keras_tuner
from hypothesis import strategies as st

from kubenas.spaces.registry import load_hypermodel
from kubenas.trial import SpaceRef

Shape = tuple[int, int, int]


def hypermodel_of(space: SpaceRef, *, shape: Shape, classes: int) -> keras_tuner.HyperModel:
    return load_hypermodel(space, input_shape=shape, num_classes=classes)


def declared(hypermodel: keras_tuner.HyperModel) -> keras_tuner.HyperParameters:
    """The whole space, at its default values."""
    hp = keras_tuner.HyperParameters()
    hypermodel.declare_hyperparameters(hp)
    return hp


def filled(
    hypermodel: keras_tuner.HyperModel, seed: Callable[[], int], **fixed: object
) -> keras_tuner.HyperParameters:
    """A value for each active hyperparameter: that in ``fixed``, or a random one."""
    hp = declared(hypermodel)
    hp.values = {}
    for parameter in hp.space:
        if hp.is_active(parameter):
            value = parameter.random_sample(seed=seed())
            hp.values[parameter.name] = fixed.get(parameter.name, value)
    return hp


def sampled(
    hypermodel: keras_tuner.HyperModel, seed: int = 0, **fixed: object
) -> keras_tuner.HyperParameters:
    """A random point, the same for the same ``seed``."""
    seeds = iter(range(1000 * seed + 1, 1000 * seed + 1000))
    return filled(hypermodel, lambda: next(seeds), **fixed)


def points(hypermodel: keras_tuner.HyperModel) -> st.SearchStrategy[keras_tuner.HyperParameters]:
    seeds = st.integers(0, 2**20)

    @st.composite
    def point(draw: st.DrawFn) -> keras_tuner.HyperParameters:
        return filled(hypermodel, lambda: draw(seeds))

    return point()

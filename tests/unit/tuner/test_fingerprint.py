"""A digest of code and data: the same in every session, another one for whatever would change the
search."""

import functools
import subprocess
import sys
import threading
import types

import keras
import numpy as np
import pytest

from kubenas.tuner.fingerprint import fingerprint

PROGRAM = """
import threading
import keras, keras_tuner, numpy as np, sys
from kubenas.tuner.fingerprint import fingerprint
keras.optimizers.Adam() if "more" in sys.argv else None
UNITS = {"a", "b", "c", "d"}
class Hyper(keras_tuner.HyperModel):
    def build(self, hp):
        return [helper(unit) for unit in UNITS]
def helper(unit):
    return unit
class Note(keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs=None):
        super().on_epoch_end(epoch)
content = [
    Hyper(), Note(), lambda x: x + len(UNITS), np.arange(5.0), keras.optimizers.Adam(0.1),
    keras.callbacks.EarlyStopping(patience=2), threading.Lock(), keras.losses.MeanSquaredError(),
]
print(fingerprint(content))
"""


def run(*arguments: str, seed: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *arguments],
        env={"PYTHONHASHSEED": seed, "PYTHONPATH": ":".join(filter(None, sys.path))},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


def test_it_is_the_same_in_every_session():
    assert run(seed="1") == run("more", seed="2")


def code(text: str, **names: object) -> types.FunctionType:
    """The function f that ``text`` defines."""
    space = {"__name__": "__main__", **names}
    exec(text, space)  # what a notebook's cell is
    return space["f"]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (code("def f(): return 1"), code("def f(): return 2")),
        (code("def f(x=1): return x"), code("def f(x=2): return x")),
        (code("def f(): return n", n=1), code("def f(): return n", n=2)),
        (code("def f(): return [n for _ in ()]", n=1),
         code("def f(): return [n for _ in ()]", n=2)),
        (code("def f(): return g()", g=code("def f(): return 1")),
         code("def f(): return g()", g=code("def f(): return 2"))),
        (code("class f:\n def m(self): return 1"), code("class f:\n def m(self): return 2")),
        (code("class f:\n a = 1")(), code("class f:\n a = 2")()),
        (np.zeros(3), np.zeros((3, 1))),
        (np.zeros(3), np.zeros(3, "float32")),
        (np.array(["a", None], object), np.array(["b", None], object)),
        (functools.partial(max, 1), functools.partial(max, 2)),
        (keras.callbacks.EarlyStopping(patience=1), keras.callbacks.EarlyStopping(patience=2)),
        (keras.optimizers.Adam(0.1), keras.optimizers.Adam(0.2)),
        (keras.ops.ones(2), keras.ops.zeros(2)),
        ({"a": 1}, {"a": 1.0}),
        (1, True),
        ([1, [2]], [[1], 2]),
        (threading.Lock(), None),
    ],
)  # fmt: skip
def test_it_tells_apart(one, other):
    assert fingerprint(one) == fingerprint(one)
    assert fingerprint(one) != fingerprint(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (code("def f():\n  return 1"), code("def f():\n  # why\n\n  return 1")),
        ({3, 1, 2}, {2, 3, 1}),
        (keras.optimizers.Adam(), keras.optimizers.Adam()),
        (np.zeros((4, 4))[::2], np.zeros((2, 4))),
    ],
)
def test_what_changes_nothing_does_not_count(one, other):
    assert fingerprint(one) == fingerprint(other)


def test_what_refers_to_itself_has_a_digest():
    def ring(value):
        content = [value]
        content.append(content)
        return content

    assert fingerprint(ring(1)) == fingerprint(ring(1)) != fingerprint(ring(2))

"""Tests of the fingerprint: equal in all sessions, different for any change of the search."""

import functools
import site
import subprocess
import sys
import threading
import types

import keras
import numpy as np
import pytest

from kubenas.tuner import fingerprint as fingerprinting
from kubenas.tuner.fingerprint import fingerprint
from kubenas.tuner.libraries import is_library
from kubenas.tuner.references import global_names, imported_modules

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


def test_the_fingerprint_is_equal_in_every_session():
    assert run(seed="1") == run("more", seed="2")


def code(text: str, **names: object) -> types.FunctionType:
    """Returns the function f that ``text`` defines."""
    space = {"__name__": "__main__", **names}
    exec(text, space)  # like a notebook cell
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
def test_the_fingerprint_distinguishes(one, other):
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
def test_equivalent_changes_keep_the_fingerprint(one, other):
    assert fingerprint(one) == fingerprint(other)


def test_cyclic_references_have_a_digest():
    def ring(value):
        content = [value]
        content.append(content)
        return content

    assert fingerprint(ring(1)) == fingerprint(ring(1)) != fingerprint(ring(2))


def test_time_does_not_grow_with_the_number_of_paths(monkeypatch):
    """Each function refers twice to the next one, which gives 4096 paths."""
    function = code("def f(): return 1")
    for _ in range(12):
        function = code("def f(): return [g(), h.g()]", g=function, h=function)
    looked_into = []
    monkeypatch.setattr(fingerprinting, "global_names", counting(looked_into))
    fingerprint(function)
    assert len(looked_into) == 13


def counting(calls):
    def names(each):
        calls.append(each)
        return global_names(each)

    return names


@pytest.mark.parametrize(
    "text",
    [
        "import helpers\ndef f(): return helpers.block()",
        "def f():\n import helpers\n return helpers.block()",
        "def f():\n def g():\n  from helpers import block\n  return block()\n return g",
    ],
)
def test_an_edit_of_ones_own_module_counts(text, tmp_path, monkeypatch):
    def of(body):
        module = types.ModuleType("helpers")
        module.__file__ = str(tmp_path / "helpers.py")
        monkeypatch.setitem(sys.modules, "helpers", module)
        exec(body, vars(module))
        return fingerprint(code(text))

    first = of("import numpy\ndef block(): return 1")
    assert first == of("import numpy\ndef block():\n  # why\n  return 1")
    assert first != of("import numpy\ndef block(): return 2")


def test_relative_imports_are_followed(monkeypatch):
    own = types.ModuleType("own.helpers")
    monkeypatch.setitem(sys.modules, "own.helpers", own)
    function = code("def f(): from .helpers import block", __package__="own")
    assert list(imported_modules(function)) == [own]


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        ("/opt/env/lib/python3.11/site-packages/p/__init__.py", True),
        ("/usr/lib/python3/dist-packages/p.py", True),
        (f"{site.getusersitepackages()}/p.py", True),
        ("/home/me/work/p.py", False),
    ],
)
def test_user_and_library_modules(place, expected, monkeypatch):
    module = types.ModuleType("p")
    module.__file__ = place
    monkeypatch.setitem(sys.modules, "p", module)
    assert is_library("p") is expected

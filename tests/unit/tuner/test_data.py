"""Tests of the staging of search() arguments: stored once, shared and equal in all trials."""

import itertools
import mmap
import shutil
import threading
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

import kubenas
from kubenas.errors import UserError
from kubenas.storage import open_storage
from kubenas.training.program.error_location import format_error
from kubenas.training.program.load import Program, load_program
from kubenas.tuner.staging import Staging, steps_by_data
from tests.unit.tuner.models import X, Y, regression

pytestmark = pytest.mark.filterwarnings("ignore")
LARGE = np.arange(40_000, dtype="float64")


class Nothing:
    """A minimal stand-in for a tuner."""

    def __getstate__(self):
        return vars(self)


def staged(folder: Path, *args, **kwargs) -> Program:
    """Stages the arguments and returns what a trial loads."""
    program = Program(Nothing(), args, kwargs, {})
    staging = Staging(program, open_storage(str(folder)), steps_by_data(args, kwargs))
    return load_program(staging.write("one"))


def base(array):
    """Returns the owner of the memory of an array."""
    while isinstance(array, np.ndarray) and array.base is not None:
        array = array.base
    return array.obj if isinstance(array, memoryview) else array


def test_arrays_are_mapped_wherever_they_are(tmp_path):
    class Batches(keras.utils.PyDataset):
        def __init__(self):
            super().__init__()
            self.x = LARGE

    program = staged(tmp_path, LARGE, {"deep": [(LARGE.reshape(200, 200),)]}, Batches())
    first, nested, batches = program.args
    for array in (first, nested["deep"][0][0], batches.x):
        assert isinstance(base(array), mmap.mmap)
        assert array.ravel().tolist() == LARGE.tolist()
    assert len(list((tmp_path / "programs" / "data").iterdir())) == 1


def test_a_trials_writes_to_an_array_are_private(tmp_path):
    staged(tmp_path, LARGE).args[0][0] = -1
    assert load_program(str(tmp_path / "programs" / "one")).args[0][0] == 0


def test_tensors_keep_their_values(tmp_path):
    (tensor,) = staged(tmp_path, tf.constant(LARGE)).args
    np.testing.assert_array_equal(tensor.numpy(), LARGE)


def test_code_of_a_notebook_travels(tmp_path):
    space = {"__name__": "__main__", "UNITS": 7}
    exec("class Mine:\n  def units(self): return UNITS\ndef build(): return Mine()", space)
    assert staged(tmp_path, space["build"]).args[0]().units() == 7


def test_an_error_in_a_trial_names_the_file_and_the_line(tmp_path):
    def fails():
        raise ValueError("no luck")

    (again,) = staged(tmp_path, fails).args
    with pytest.raises(ValueError, match="no luck") as error:
        again()
    line = fails.__code__.co_firstlineno + 1
    assert format_error(error.value) == f"ValueError: no luck ({__file__}:{line})"


def test_a_dataset_gives_the_same_batches(tmp_path):
    dataset = tf.data.Dataset.from_tensor_slices((X, Y)).batch(24)
    (again,) = staged(tmp_path, dataset).args
    assert again.element_spec == dataset.element_spec
    assert again.cardinality() == 3
    for (x, y), (own_x, own_y) in zip(again, dataset, strict=True):
        np.testing.assert_array_equal(x, own_x)
        np.testing.assert_array_equal(y, own_y)


def test_a_shuffled_dataset_is_shuffled_in_each_epoch(tmp_path):
    dataset = tf.data.Dataset.range(200).shuffle(200).batch(5)
    (again,) = staged(tmp_path, dataset).args
    epochs = [[int(number) for batch in again for number in batch] for _ in range(2)]
    assert epochs[0] != epochs[1]
    assert sorted(epochs[0]) == sorted(epochs[1]) == list(range(200))


def test_a_shuffled_dataset_is_stored_once(tmp_path):
    output = open_storage(str(tmp_path))
    digests = {
        Staging(Program(Nothing(), (), {}, {}), output, {}).digest(
            tf.data.Dataset.range(200).shuffle(200).batch(5)
        )
        for _ in range(2)
    }
    assert len(digests) == 1
    assert len(list((tmp_path / "programs" / "data").glob("*.done"))) == 1


def test_a_dataset_that_another_caller_writes_at_the_same_time_is_whole(tmp_path):
    dataset = tf.data.Dataset.range(5)
    staged(tmp_path, dataset)
    (done,) = (tmp_path / "programs" / "data").glob("*.done")
    whole = tmp_path / "programs" / "data" / done.read_text()
    done.unlink()
    shutil.rmtree(whole)
    whole.write_bytes(b"cut off")
    program = Program(Nothing(), (dataset,), {}, {})
    uri = Staging(program, open_storage(str(tmp_path)), {}).write("two")
    (again,) = load_program(uri).args
    assert [int(each) for each in again] == [0, 1, 2, 3, 4]


def test_an_endless_dataset_needs_steps(tmp_path):
    endless = tf.data.Dataset.range(3).repeat()
    with pytest.raises(UserError, match="steps_per_epoch"):
        staged(tmp_path, endless)
    (again,) = staged(tmp_path, endless, steps_per_epoch=5).args
    assert [int(each) for each in again.take(7)] == [0, 1, 2, 0, 1, 0, 1]


def test_a_generator_is_taken_once_and_replayed(tmp_path):
    def batches():
        yield from itertools.count()

    with pytest.raises(UserError, match="steps_per_epoch"):
        staged(tmp_path, batches())
    program = staged(tmp_path, batches(), steps_per_epoch=3)
    assert list(itertools.islice(program.args[0], 5)) == [0, 1, 2, 0, 1]


def test_an_object_that_cannot_be_pickled_is_named(tmp_path):
    with pytest.raises(UserError, match=r"^search\(callbacks=\.\.\.\): cannot be pickled") as error:
        staged(tmp_path, LARGE, callbacks=[threading.Lock()])
    assert "\n" not in str(error.value)


def test_a_second_search_of_the_same_data_writes_no_data(tmp_path, runner):
    def search(epochs):
        tuner = kubenas.Tuner(regression, "val_loss", 1, output=tmp_path)
        tuner.search(*data, epochs=epochs, batch_size=4096, validation_split=0.25, verbose=0)

    data = np.tile(X, (200, 1)), np.tile(Y, (200, 1))
    search(1)
    files = {path: path.stat().st_mtime_ns for path in (tmp_path / "programs/data").iterdir()}
    search(2)
    assert files == {p: p.stat().st_mtime_ns for p in (tmp_path / "programs/data").iterdir()}
    assert len(list((tmp_path / "searches").iterdir())) == 2


class Batches(keras.utils.PyDataset):
    def __len__(self):
        return 2

    def __getitem__(self, index):
        return X[index * 32 : index * 32 + 32], Y[index * 32 : index * 32 + 32]


def _batches():
    while True:
        yield from ((X[:32], Y[:32]), (X[32:], Y[32:]))


@pytest.mark.parametrize(
    ("args", "kwargs"),
    [
        ((Batches,), {"validation_data": Batches}),
        ((_batches,), {"steps_per_epoch": 2, "validation_data": _batches, "validation_steps": 1}),
        (
            (lambda: tf.data.Dataset.from_tensor_slices((X, Y)).batch(16),),
            {"validation_data": lambda: tf.data.Dataset.from_tensor_slices((X, Y)).batch(16)},
        ),
    ],
    ids=["PyDataset", "generator", "Dataset"],
)
def test_keras_trains_on_it_in_both(make, args, kwargs):
    given = [each() for each in args]
    named = {name: each() if callable(each) else each for name, each in kwargs.items()}
    tuner = make(regression, objective="val_mae", max_trials=1)
    tuner.search(*given, epochs=2, verbose=0, **named)
    assert [trial.status for trial in tuner.oracle.trials.values()] == ["COMPLETED"]

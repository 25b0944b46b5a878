"""Tests of the classification of exceptions."""

import errno
import importlib
from pathlib import Path

import pytest
import tensorflow as tf

from kubenas.errors import StorageFull, UserError
from kubenas.training.process.failure import Infeasible, NotANumber, Phase, classify


def oom(device: str) -> Exception:
    return tf.errors.ResourceExhaustedError(None, None, f"OOM on /job:x/device:{device}:0")


@pytest.mark.parametrize(
    ("error", "phase", "verdict"),
    [
        (StorageFull("full"), Phase.TRAINING, "failed storage"),
        (OSError(errno.ENOSPC, "full"), Phase.OTHER, "failed storage"),
        (OSError(errno.ENOENT, "gone"), Phase.OTHER, "failed application"),
        (NotANumber("loss"), Phase.TRAINING, "infeasible nan"),
        (MemoryError(), Phase.BUILDING, "infeasible host-oom"),
        (oom("CPU"), Phase.TRAINING, "infeasible host-oom"),
        (oom("GPU"), Phase.BUILDING, "infeasible device-oom"),
        (UserError("no"), Phase.TRAINING, "failed configuration"),
        (KeyError("x"), Phase.LOADING, "failed configuration"),
        (KeyError("x"), Phase.DESCRIBING, "failed configuration"),
        (KeyError("x"), Phase.BUILDING, "infeasible invalid-graph"),
        (Infeasible("not compiled"), Phase.BUILDING, "infeasible invalid-graph"),
        (ValueError("the user's own"), Phase.STARTING, "failed application"),
        (KeyError("x"), Phase.TRAINING, "failed application"),
    ],
)
def test_classification(error: Exception, phase: Phase, verdict: str) -> None:
    failure = classify(error, phase)
    assert f"{failure.outcome} {failure.kind}" == verdict


def raised_by_tensorflow() -> Exception:
    with pytest.raises(tf.errors.InvalidArgumentError) as caught:
        tf.matmul(tf.zeros((2, 3)), tf.zeros((2, 3)))
    return caught.value


def test_shape_errors_of_the_framework_are_the_networks_before_the_first_step_only() -> None:
    error = raised_by_tensorflow()
    assert classify(error, Phase.STARTING).kind == "invalid-graph"
    assert classify(error, Phase.TRAINING).kind == "application"


def test_the_message_is_one_line_and_names_the_innermost_line_of_the_users_folder() -> None:
    here = Path(__file__)
    try:
        int("not\na number")
    except ValueError as error:
        failure = classify(error, Phase.TRAINING, user_file=here.with_name("mine.py"))
    assert "\n" not in failure.message
    assert failure.message.startswith("training: ValueError: ")
    file, _, line = failure.message.rstrip(")").rpartition("(")[2].partition(":")
    assert file == here.name
    assert "int(" in here.read_text().splitlines()[int(line) - 1]


def test_a_missing_module_error_explains_the_remedy() -> None:
    with pytest.raises(ModuleNotFoundError) as caught:
        importlib.import_module("not_there_at_all")
    assert "trainer" not in classify(caught.value, Phase.BUILDING).message
    message = classify(caught.value, Phase.BUILDING, user_file=Path(__file__)).message
    assert "image built FROM kubenas/trainer:" in message


def test_a_long_message_is_cut() -> None:
    assert len(classify(KeyError("x" * 9000), Phase.TRAINING).message) <= 1000

"""Tests of a trial process whose folder contains files of other writers."""

import hashlib
from dataclasses import replace
from pathlib import Path

import pytest

from kubenas import __version__
from kubenas.errors import UserError
from kubenas.training.process.channel import Request
from kubenas.training.process.stopping import Termination
from kubenas.training.worker import SpecChanged, read_spec, run_attempt
from kubenas.trial import AttemptSpec, Outcome, Result, SpaceRef, Task


@pytest.fixture
def spec(tmp_path: Path) -> AttemptSpec:
    spec = AttemptSpec(
        task=Task.TRAIN,
        search="s",
        trial=0,
        attempt=1,
        prefix=str(tmp_path / "a1"),
        space=SpaceRef(name="any"),
        dataset="nowhere",
        nonce="secret",
    )
    (tmp_path / "a1").mkdir()
    (tmp_path / "a1/spec.json").write_bytes(spec.to_json())
    return spec


def request_for(spec: AttemptSpec) -> Request:
    return Request(f"{spec.prefix}/spec.json", spec.nonce, spec.digest)


def made_up(spec: AttemptSpec, **changes: object) -> Result:
    result = Result(task=spec.task, trial=0, attempt=1, outcome=Outcome.COMPLETED, score=1.0)
    return result.model_copy(update=changes)


def trained(spec: AttemptSpec) -> Result:
    """Runs the attempt with a task that scores 0.5 and returns its result."""
    run_attempt(spec, lambda: lambda spec, _: made_up(spec, score=0.5), Termination())
    return Result.from_json(Path(spec.prefix, "result.json").read_bytes())


def test_the_nonce_comes_with_the_request_and_goes_into_the_result(spec: AttemptSpec) -> None:
    asked = read_spec(request_for(spec))
    assert asked == spec
    assert trained(asked).nonce == "secret"
    assert "secret" not in Path(spec.prefix, "spec.json").read_text()


def test_a_spec_that_was_replaced_is_not_run(spec: AttemptSpec) -> None:
    replaced = spec.model_copy(update={"hyperparameters": {"values": {"x": 1}}})
    Path(spec.prefix, "spec.json").write_bytes(replaced.to_json())
    with pytest.raises(SpecChanged, match=r"spec\.json: the spec was changed after the attempt"):
        read_spec(request_for(spec))


def test_an_existing_result_with_another_nonce_is_ignored(spec: AttemptSpec) -> None:
    for nonce in (None, "guessed"):
        Path(spec.prefix, "result.json").write_bytes(made_up(spec, nonce=nonce).to_json())
        assert trained(spec).score == 0.5
    Path(spec.prefix, "result.json").write_bytes(made_up(spec, nonce="secret").to_json())
    assert trained(spec).score == 1.0, "its own, from before its process was run again"


def test_a_spec_of_a_newer_version_is_one_error(spec: AttemptSpec) -> None:
    content = spec.to_json()[:-1] + b', "later": 1}'
    Path(spec.prefix, "spec.json").write_bytes(content)
    digest = hashlib.sha256(content).hexdigest()
    request = Request(f"{spec.prefix}/spec.json", "secret", digest, controller="7.8.9")
    with pytest.raises(UserError, match="later: Extra inputs are not permitted") as raised:
        read_spec(request)
    assert str(raised.value).endswith(
        "; use a trainer image (runner.pod.image) with the same version of kubenas as the"
        f" controller (7.8.9); this one has {__version__}"
    )
    with pytest.raises(UserError, match="as the controller; this one has"):
        read_spec(replace(request, controller=None))

"""A search without test doubles: real digits, TensorFlow workers and Hyperband."""

from pathlib import Path

import pytest

from kubenas.config import Config
from kubenas.data.preparation.prepare import prepare_dataset
from kubenas.scheduling.local.runner import LocalRunner
from kubenas.search.run import run_search
from kubenas.storage import open_storage
from kubenas.trial import AttemptSpec, Outcome, SpaceRef

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:keras_tuner")


def test_hyperband_searches_digits_and_resumes_from_checkpoints(tmp_path):
    config = Config.model_validate(
        {
            "name": "digits",
            "output": str(tmp_path),
            "data": {"source": "digits"},
            "search": {"oracle": "hyperband", "max_trials": 6, "seed": 3},
            "training": {"epochs": 3, "batch_size": 128},
        }
    )
    output = open_storage(str(tmp_path))
    prepared = prepare_dataset(config.data, output)
    with LocalRunner(workers=2, log_folder=tmp_path / "logs") as runner:
        run = run_search(
            config,
            dataset=prepared.uri,
            dataset_digest=prepared.schema.digest,
            space=SpaceRef(name="layers", options={"max_layers": 2}),
            output=output,
            runner=runner,
        )
    best = run.state.ranked(run.direction)[0].end
    assert best.score > 0.2  # ten classes
    assert len(run.state.ended(Outcome.COMPLETED)) == 6
    specs = [AttemptSpec.from_json(path.read_bytes()) for path in _specs(Path(run.prefix))]
    resumed = [spec for spec in specs if spec.resume_from]
    assert resumed
    for spec in resumed:
        assert Path(spec.resume_from, "latest.json").is_file()
        assert run.state.trials[spec.trial].end.epochs == spec.training.epochs == 3


def _specs(folder: Path) -> list[Path]:
    return sorted(folder.glob("trials/*/a*/spec.json"))

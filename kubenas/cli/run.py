"""``kubenas run``: runs the whole pipeline of a search.yaml on this machine."""

from pathlib import Path

from kubenas.cli.answer import Answer
from kubenas.cli.local_pipeline import LocalPipeline
from kubenas.cli.output_lock import local_folder, output_lock
from kubenas.cli.progress import make_display
from kubenas.config import BUNDLED_SOURCES, Config, load_config
from kubenas.errors import Interrupted, KubenasError, SearchFailed, UserError
from kubenas.search.oracles import check_oracle
from kubenas.steps.process import interrupt_on_sigterm, read_outcomes, read_status
from kubenas.steps.report.summary import read_summary
from kubenas.steps.setup import check_config_lock, freeze_backbone, freeze_space
from kubenas.storage import Storage, open_storage

_LOOK_SECONDS = 0.5


def run_pipeline(file: Path, answer: Answer) -> None:
    """Runs, or resumes, the pipeline of the search.yaml ``file``.

    Raises:
        UserError: the config, the data, the space or the output is invalid.
        SearchFailed: the pipeline failed.
        Interrupted: a signal stopped the run; the same command resumes it.
    """
    interrupt_on_sigterm()
    config = load_config(file)
    storage = open_storage(config.output)
    resumed = _check(config, storage)
    with output_lock(local_folder(storage.uri), storage.uri):
        answer.line(f"{config.name}: {'resuming' if resumed else 'starting'} in {storage.uri}")
        _follow(config, storage, file)
    summary = read_summary(storage)
    if summary is None:
        raise SearchFailed(f"{storage.uri}: the pipeline ended without a summary")
    for line in summary.lines():
        answer.line(line)
    answer.put(summary.model_dump(mode="json"))


def _check(config: Config, storage: Storage) -> bool:
    """Validates the config before the start. Returns whether a run is resumed."""
    check_oracle(config.search.oracle)
    freeze_space(config)
    freeze_backbone(config)
    source = config.data.source
    if "://" not in source and source not in BUNDLED_SOURCES and not Path(source).exists():
        raise UserError(f"data.source: {source}: no such file or folder")
    return check_config_lock(config, storage)


def _follow(config: Config, storage: Storage, file: Path) -> None:
    try:
        with (
            LocalPipeline(config, local_folder(storage.uri) / "pipeline") as pipeline,
            make_display() as shown,
        ):
            while not pipeline.finished(_LOOK_SECONDS):
                shown.show(read_status(storage), read_outcomes(storage))
            shown.show(read_status(storage), read_outcomes(storage))
            if not pipeline.succeeded:
                raise _failure(storage, pipeline)
    except Interrupted as error:
        raise Interrupted(
            f"interrupted; progress is saved. Resume with: kubenas run {file}"
        ) from error


def _failure(storage: Storage, pipeline: LocalPipeline) -> KubenasError:
    """Returns the error of the failed step or, without one, the last line of the log."""
    failed = [outcome for outcome in read_outcomes(storage) if outcome.state == "failed"]
    if not failed:
        return SearchFailed(f"the pipeline failed: {pipeline.error_line()} (log: {pipeline.log})")
    outcome = failed[-1]
    if outcome.exit_code == UserError.exit_code:
        return UserError(outcome.message)
    if outcome.exit_code == Interrupted.exit_code:
        return Interrupted(outcome.message)
    return SearchFailed(f"{outcome.message} (log: {pipeline.log})")

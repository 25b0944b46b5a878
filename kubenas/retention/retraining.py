"""Checkpoints of trials from which a retraining may continue."""

from collections.abc import Iterator

from kubenas.errors import ObjectNotFound
from kubenas.retention.production import find_attempt_folders
from kubenas.search.layout import attempt_folder
from kubenas.search.run import SearchRun
from kubenas.search.training_plan import kept_epochs
from kubenas.steps.retrain import choice_file, plan_file
from kubenas.storage import Storage
from kubenas.storage.document import DOCUMENT_BYTES


def continued_attempts(output: Storage, run: SearchRun) -> frozenset[str]:
    """Returns the folders, relative to the output, of the attempts whose checkpoints are needed.

    They are those that the plan of the retrainings names, until the retrainings have ended. Without
    a plan they are those of all trials that it could name: it is made when retraining begins, with
    the number of candidates that the config has then.
    """
    if output.exists(choice_file(run.id)):
        return frozenset()
    try:
        return find_attempt_folders(output.read(plan_file(run.id), limit=DOCUMENT_BYTES))
    except ObjectNotFound:
        return frozenset(_continued(run))


def _continued(run: SearchRun) -> Iterator[str]:
    """Yields the folders of the attempts that a longer training could continue."""
    if run.definition.space.program:
        return  # its trials are not retrained
    for trial in run.state.ranked(run.direction):
        end = trial.end
        if end and end.attempt and kept_epochs(run.definition, end.epochs) < end.epochs:
            yield attempt_folder(run.id, trial.number, end.attempt)

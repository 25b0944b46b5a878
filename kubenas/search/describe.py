"""Description of the search space as JSON.

The controller never runs user code: an attempt builds the space and describes it.
"""

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from kubenas.data.dataset.schema import read_schema
from kubenas.errors import DocumentUnusable, ObjectExists, ObjectNotFound, UserError
from kubenas.scheduling.runner import TrialRunner
from kubenas.search.attempts import AttemptRecords, run_attempts
from kubenas.search.definition import SearchDefinition
from kubenas.search.layout import describe_folder, space_file
from kubenas.search.progress import OnProgress
from kubenas.search.training_plan import trial_plan
from kubenas.spaces.registry import space_graph
from kubenas.storage import Storage, join, open_storage
from kubenas.storage.document import DOCUMENT_BYTES, read_object
from kubenas.trial import AttemptSpec, Outcome, SpaceRef, Task

_SPACE = "space.json"

if TYPE_CHECKING:  # importing Keras-Tuner takes seconds, and reading a search does not need it
    from kubenas.search.oracles.encoding import GraphOf


def describe_space(
    definition: SearchDefinition,
    storage: Storage,
    runner: TrialRunner,
    *,
    on_progress: OnProgress | None = None,
) -> dict[str, Any]:
    """Returns the search's space as keras_tuner.HyperParameters.get_config(); writes it once.

    Raises:
        UserError: the space cannot be built.
        Interrupted: SIGTERM or SIGINT.
    """
    name = space_file(definition.id)
    with suppress(ObjectNotFound):
        return dict(read_object(storage, name))
    data = _run_describe(definition, storage, runner, on_progress)
    with suppress(ObjectExists):
        storage.create(name, data)
    return dict(read_object(storage, name))


def graph_of(space: SpaceRef, dataset: str) -> "GraphOf | None":
    """Returns a function from hyperparameter values to the network's graph.

    Returns None if the space cannot compute the graph without building the model.

    Args:
        space: the search space.
        dataset: URI of the prepared data set's folder, for the input shape and the classes.

    Raises:
        UserError: the space or one of its options does not exist.
        ObjectNotFound: the data set does not exist.
        StorageError: the data set cannot be read.
    """
    make = space_graph(space)
    if make is None:
        return None
    schema = read_schema(open_storage(dataset))
    return make(
        input_shape=schema.shape,
        num_classes=len(schema.classes),
        vocabulary_size=schema.vocabulary_size,
    )


def _run_describe(
    definition: SearchDefinition,
    storage: Storage,
    runner: TrialRunner,
    on_progress: OnProgress | None,
) -> bytes:
    spec = AttemptSpec(
        task=Task.DESCRIBE,
        search=definition.id,
        trial=0,
        attempt=1,
        prefix=join(storage.uri, describe_folder(definition.id)),
        space=definition.space,
        dataset=definition.dataset,
        training=trial_plan(definition) if definition.space.hypermodel else None,
    )
    (result,) = run_attempts(
        [spec],
        runner,
        records=AttemptRecords.of(storage, definition),
        check=_check_space,
        on_progress=on_progress,
    )
    if result.outcome != Outcome.COMPLETED:
        raise UserError(f"space: cannot be built with its default values: {result.message}")
    attempt = describe_folder(definition.id).removesuffix("a1") + f"a{result.attempt}"
    return open_storage(join(storage.uri, attempt)).read(_SPACE, limit=DOCUMENT_BYTES)


def _check_space(prefix: str) -> None:
    """Checks the space that an attempt has described.

    Raises:
        DocumentUnusable: the file is missing or is not a space.
    """
    from kubenas.search.space.point import read_space  # noqa: PLC0415, slow

    try:
        read_space(read_object(open_storage(prefix), _SPACE))
    except ObjectNotFound as error:
        raise DocumentUnusable(str(error)) from error
    except DocumentUnusable:
        raise
    except Exception as error:  # Keras-Tuner raises anything on input from a trial
        raise DocumentUnusable(f"{join(prefix, _SPACE)}: not a space of hyperparameters") from error

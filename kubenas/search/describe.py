"""What may be built, as JSON. The controller never runs user code: an attempt describes it."""

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from kubenas.data.dataset.schema import read_schema
from kubenas.errors import DocumentUnusable, ObjectExists, ObjectNotFound, UserError
from kubenas.scheduling.runner import TrialRunner
from kubenas.search.attempts import AttemptRecords, run_attempts, training_plan
from kubenas.search.definition import SearchDefinition
from kubenas.search.layout import describe_folder, space_file
from kubenas.search.progress import OnProgress
from kubenas.spaces.registry import space_graph
from kubenas.storage import Storage, join, open_storage
from kubenas.storage.document import DOCUMENT_BYTES, read_object
from kubenas.trial import AttemptSpec, Outcome, SpaceRef, Task

_SPACE = "space.json"

if TYPE_CHECKING:  # it loads Keras-Tuner, which looking at a search must not wait for
    from kubenas.search.oracles.encoding import GraphOf


def describe_space(
    definition: SearchDefinition,
    storage: Storage,
    runner: TrialRunner,
    *,
    on_progress: OnProgress | None = None,
) -> dict[str, Any]:
    """keras_tuner.HyperParameters.get_config() of the search's space; written once.

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
    """The network at some values, without building it; None: only a built model could tell.

    Args:
        space: what may be built.
        dataset: URI of the prepared data set's folder, which tells how large pictures are.

    Raises:
        UserError: there is no such space or option.
        ObjectNotFound: there is no such data set.
        StorageError: the data set cannot be read.
    """
    make = space_graph(space)
    if make is None:
        return None
    schema = read_schema(open_storage(dataset))
    return make(input_shape=schema.shape, num_classes=len(schema.classes))


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
        training=training_plan(definition) if definition.space.hypermodel else None,
    )
    (result,) = run_attempts(
        [spec],
        runner,
        records=AttemptRecords.of(storage, definition),
        check=_check_space,
        on_progress=on_progress,
    )
    if result.outcome != Outcome.COMPLETED:
        raise UserError(f"space: it cannot be used with its default values: {result.message}")
    attempt = describe_folder(definition.id).removesuffix("a1") + f"a{result.attempt}"
    return open_storage(join(storage.uri, attempt)).read(_SPACE, limit=DOCUMENT_BYTES)


def _check_space(prefix: str) -> None:
    """Checks what an attempt has described.

    Raises:
        DocumentUnusable: it is no space.
    """
    from kubenas.search.space.point import read_space  # noqa: PLC0415, slow

    try:
        read_space(read_object(open_storage(prefix), _SPACE))
    except ObjectNotFound as error:
        raise DocumentUnusable(str(error)) from error
    except DocumentUnusable:
        raise
    except Exception as error:  # whatever a trial wrote, Keras-Tuner may raise over it
        raise DocumentUnusable(f"{join(prefix, _SPACE)}: no space of hyperparameters") from error

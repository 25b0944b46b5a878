"""What a call of search() asks for -> a search: its config, its data and its program."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from kubenas.config import Config
from kubenas.search.layout import definition_file
from kubenas.search.run import search_id
from kubenas.steps.setup import RunContext, resolve_config
from kubenas.storage import Storage, open_storage
from kubenas.training.process.keras_settings import keras_settings
from kubenas.training.program.layout import python_version
from kubenas.training.program.load import Program
from kubenas.training.program.under_way import program_under_way
from kubenas.trial import SpaceRef
from kubenas.tuner.fingerprint import fingerprint
from kubenas.tuner.oracle import SearchedOracle
from kubenas.tuner.output_lock import check_claim
from kubenas.tuner.own_content import OwnContent
from kubenas.tuner.settings import Settings, search_config
from kubenas.tuner.staging import Staging, steps_by_data

_OF_TRIALS = (
    "objective",
    "max_trials",
    "max_retries_per_trial",
    "allow_new_entries",
    "tune_new_entries",
)
"""Options of a tuner's oracle that each trial's own has, too."""
_NOT_OF_DATA = frozenset({"verbose"})


@contextmanager
def prepared(
    tuner: Any,
    settings: Settings,
    content: OwnContent,
    args: tuple[Any, ...],
    kwargs: Mapping[str, Any],
    *,
    anew: bool,
) -> Iterator[RunContext]:
    """Stages what trials need, in the output, and tells which search it is of.

    Until it is left nothing that was staged is taken for garbage.

    Args:
        tuner: the keras_tuner.Tuner.
        settings: of it.
        content: of its hypermodel.
        args: of its search().
        kwargs: the same.
        anew: whether to search again where this has been searched.

    Raises:
        UserError: a value is not allowed, no cluster is there to run trials in, the output belongs
            to a run of the pipeline, or something cannot be sent to a trial.
    """
    oracle: SearchedOracle = tuner.oracle
    config = search_config(settings, oracle.objective, epochs=_epochs(tuner, settings, kwargs))
    config = resolve_config(config, SpaceRef(program=settings.output), {})
    output = open_storage(settings.output)
    check_claim(config, output)  # before anything is stored
    with program_under_way(output):
        options = {name: getattr(oracle, name) for name in _OF_TRIALS}
        program = Program(tuner, args, dict(kwargs), options)
        staging = Staging(program, output, steps_by_data(args, kwargs))
        data = staging.digest([args, {k: v for k, v in kwargs.items() if k not in _NOT_OF_DATA}])
        state = {name: each for name, each in tuner.__getstate__().items() if name != "hypermodel"}
        own = [type(tuner), content.digests(tuner.hypermodel), state, oracle.given]
        code = fingerprint([*own, options, keras_settings(), python_version()])
        space = SpaceRef(program=staging.write(fingerprint([code, data])[:16]))
        yield RunContext(
            config=_numbered(config, output, data, space, anew=anew),
            dataset=config.data.source,
            dataset_digest=data,
            space=space,
        )


def _epochs(tuner: Any, settings: Settings, kwargs: Mapping[str, Any]) -> int:
    """Of a trial, all executions together; Hyperband counts those of one."""
    executions = 1 if settings.oracle == "hyperband" else getattr(tuner, "executions_per_trial", 1)
    return int(kwargs.get("epochs") or 1) * int(executions)


def _numbered(config: Config, output: Storage, data: str, space: SpaceRef, *, anew: bool) -> Config:
    """``config`` with the generation of the newest search like it in the output, or the next."""

    def of(generation: int) -> Config:
        search = config.search.model_copy(update={"generation": generation})
        return config.model_copy(update={"search": search})

    last = 0
    while output.exists(definition_file(search_id(of(last + 1), data, space))):
        last += 1
    return of(last + 1 if anew else max(1, last))

"""Preparation of a search from a call of search(): config, data and program."""

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
from kubenas.training.program.staging_marker import protect_staging
from kubenas.trial import SpaceRef
from kubenas.tuner.fingerprint import fingerprint
from kubenas.tuner.hypermodel_digest import HypermodelDigest
from kubenas.tuner.oracle import SearchStateOracle
from kubenas.tuner.output_lock import check_config_lock
from kubenas.tuner.settings import Settings, search_config
from kubenas.tuner.staging import Staging, steps_by_data

_TRIAL_ORACLE_OPTIONS = (
    "objective",
    "max_trials",
    "max_retries_per_trial",
    "allow_new_entries",
    "tune_new_entries",
)
"""Options of the tuner's oracle that the oracle of a trial also gets."""
_NON_DATA_ARGUMENTS = frozenset({"verbose"})


@contextmanager
def prepare_search(
    tuner: Any,
    settings: Settings,
    hypermodel_digest: HypermodelDigest,
    args: tuple[Any, ...],
    kwargs: Mapping[str, Any],
    *,
    overwrite: bool,
) -> Iterator[RunContext]:
    """Stages the program and the data in the output and yields the context of the search.

    Within the context, the staged objects are protected from garbage collection.

    Args:
        tuner: the keras_tuner.Tuner.
        settings: the settings of the tuner.
        hypermodel_digest: the digest of its hypermodel.
        args: the positional arguments of search().
        kwargs: the keyword arguments of search().
        overwrite: whether to start a new search if this search exists.

    Raises:
        UserError: a value is not allowed, the cluster is not available, the output belongs to a
            run of the pipeline, or an object cannot be pickled.
    """
    oracle: SearchStateOracle = tuner.oracle
    config = search_config(settings, oracle.objective, epochs=_epochs(tuner, settings, kwargs))
    config = resolve_config(config, SpaceRef(program=settings.output), {})
    output = open_storage(settings.output)
    check_config_lock(config, output)  # before anything is written
    with protect_staging(output):
        options = {name: getattr(oracle, name) for name in _TRIAL_ORACLE_OPTIONS}
        program = Program(tuner, args, dict(kwargs), options)
        staging = Staging(program, output, steps_by_data(args, kwargs))
        data = staging.digest(
            [args, {k: v for k, v in kwargs.items() if k not in _NON_DATA_ARGUMENTS}]
        )
        state = {name: each for name, each in tuner.__getstate__().items() if name != "hypermodel"}
        own = [type(tuner), hypermodel_digest.digests(tuner.hypermodel), state, oracle.given_space]
        code = fingerprint([*own, options, keras_settings(), python_version()])
        space = SpaceRef(program=staging.write(fingerprint([code, data])[:16]))
        yield RunContext(
            config=_with_generation(config, output, data, space, overwrite=overwrite),
            dataset=config.data.source,
            dataset_digest=data,
            space=space,
        )


def _epochs(tuner: Any, settings: Settings, kwargs: Mapping[str, Any]) -> int:
    """Returns the epochs per trial: of all executions, or of one execution for Hyperband."""
    executions = 1 if settings.oracle == "hyperband" else getattr(tuner, "executions_per_trial", 1)
    return int(kwargs.get("epochs") or 1) * int(executions)


def _with_generation(
    config: Config, output: Storage, data: str, space: SpaceRef, *, overwrite: bool
) -> Config:
    """Sets the generation of the latest such search, or with ``overwrite`` the next one."""

    def of(generation: int) -> Config:
        search = config.search.model_copy(update={"generation": generation})
        return config.model_copy(update={"search": search})

    last = 0
    while output.exists(definition_file(search_id(of(last + 1), data, space))):
        last += 1
    return of(last + 1 if overwrite else max(1, last))

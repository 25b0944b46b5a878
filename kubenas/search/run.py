"""Entry points to run, resume and read a search."""

import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

from kubenas.config import Config
from kubenas.errors import ObjectExists, ObjectNotFound, SearchFailed, UserError
from kubenas.scheduling.runner import TrialRunner
from kubenas.search.attempts import TrialSpecs, stop_leftovers
from kubenas.search.budget import most_frequent_reason
from kubenas.search.controller_lock import controller_lock
from kubenas.search.definition import SearchDefinition, define, read_definition, search_id
from kubenas.search.describe import describe_space, graph_of
from kubenas.search.interruption import Interruption
from kubenas.search.journal import Journal, JournalDamaged, Record, SearchState, fold
from kubenas.search.layout import definition_file, prior_file, search_folder
from kubenas.search.loop import SearchLoop
from kubenas.search.oracles import check_oracle
from kubenas.search.progress import OnProgress, OnState
from kubenas.search.proposal_sources import add_proposal_sources
from kubenas.search.proposals import create_proposer, load_oracles
from kubenas.search.recorder import SearchRecorder
from kubenas.search.warm_start import FindChampion, Prior, freeze_prior, no_champion
from kubenas.storage import Storage, join
from kubenas.trial import Outcome, SpaceRef

__all__ = ["SearchRun", "read_search", "run_search", "search_id"]


@dataclass(frozen=True)
class SearchRun:
    """A search, read from its journal."""

    id: str
    prefix: str
    """URI of the search's folder."""
    state: SearchState
    direction: Literal["max", "min"]
    definition: SearchDefinition


def run_search(  # noqa: PLR0913  # all by name
    config: Config,
    *,
    dataset: str,
    dataset_digest: str,
    space: SpaceRef,
    output: Storage,
    runner: TrialRunner,
    champion: FindChampion = no_champion,
    on_progress: OnProgress | None = None,
    on_state: OnState | None = None,
) -> SearchRun:
    """Runs a search to its end. Resumes an interrupted search; only reads a closed one.

    Args:
        config: the search configuration.
        dataset: URI of the prepared data set's folder.
        dataset_digest: digest of the data set.
        space: the search space.
        output: the root of the output.
        runner: runs the attempts; the caller closes it.
        champion: finds the champion's network; used only if the config sets ``search.reuse``.
        on_progress: called on every change and about twice a second.
        on_state: called on every change; a KubenasError that it raises ends the search.

    Raises:
        UserError: the oracle is unknown, the space cannot be built, or no trial can succeed.
        SearchFailed: no trial completed, or the first trials all failed with errors of the program.
        Interrupted: SIGTERM or SIGINT; the same call resumes the search.
        AnotherController: another process runs this search.
        JournalDamaged: the journal is incomplete or altered.
    """
    check_oracle(config.search.oracle)
    search = search_id(config, dataset_digest, space)
    with controller_lock(output, search), Interruption() as interruption:
        prior = freeze_prior(config.search, output, search, champion=champion)
        digest = prior.digest if prior else None
        definition = define(
            config, dataset=dataset, dataset_digest=dataset_digest, space=space, prior=digest
        )
        _write_definition(output, definition)
        journal = Journal(output, search_folder(definition.id))
        records = journal.read()
        state = fold(records)
        if state.closed is not None:
            stop_leftovers(runner)
        else:
            hyperparameters = _load_space(definition, output, runner, on_progress)
            specs = _trial_specs(definition, prior, output, hyperparameters)
            state = SearchLoop(
                specs,
                recorder=_recorder(journal, records, specs, prior),
                runner=runner,
                interruption=interruption,
                on_progress=on_progress,
                on_state=on_state,
            ).run()
    if not state.ended(Outcome.COMPLETED):
        raise _no_completed_trial(state)
    return _search_run(definition, output, state)


def _load_space(
    definition: SearchDefinition,
    output: Storage,
    runner: TrialRunner,
    on_progress: OnProgress | None,
) -> dict[str, Any]:
    """Loads the search's space and, in a thread, the oracles: both take seconds."""
    loading = threading.Thread(target=load_oracles)
    loading.start()
    hyperparameters = describe_space(definition, output, runner, on_progress=on_progress)
    loading.join()
    return hyperparameters


def _trial_specs(
    definition: SearchDefinition, prior: Prior | None, output: Storage, space: dict[str, Any]
) -> TrialSpecs:
    bounded = _with_single_trial(definition) if prior and prior.alone else definition
    return TrialSpecs(bounded, output, space)


def _recorder(
    journal: Journal, records: Sequence[Record], specs: TrialSpecs, prior: Prior | None
) -> SearchRecorder:
    """Creates the recorder of the search, with a new proposer."""
    definition, space = specs.definition, specs.space
    graph = graph_of(definition.space, definition.dataset)
    config = _with_prior_trials(definition.config, prior)
    create = partial(create_proposer, config, space=space, graph=graph)
    proposer = add_proposal_sources(create, definition, space, prior)
    return SearchRecorder(journal, records, proposer=proposer, specs=specs)


def _with_single_trial(definition: SearchDefinition) -> SearchDefinition:
    """Returns ``definition`` with a single trial: the one that the prior provides."""
    search = definition.config.search.model_copy(update={"max_trials": 1, "oracle": "random"})
    config = definition.config.model_copy(update={"search": search})
    return definition.model_copy(update={"config": config})


def _write_definition(output: Storage, definition: SearchDefinition) -> None:
    """Writes search.json if it does not exist.

    Raises:
        JournalDamaged: ``prior.json`` has changed since the search began.
    """
    name = definition_file(definition.id)
    with suppress(ObjectExists):
        output.create(name, definition.to_json())
    begun_with = read_definition(output, definition.id).prior
    if begun_with != definition.prior:
        raise JournalDamaged(
            f"{join(output.uri, prior_file(definition.id))}: has changed since the search began;"
            " restore it from a backup, or raise search.generation to search again from scratch"
        )


def _with_prior_trials(config: Config, prior: Prior | None) -> Config:
    """Returns ``config`` with ``max_trials`` raised by the prior results.

    Oracles count prior results as trials.
    """
    limit = config.search.trial_limit
    room = 0 if limit is None else limit + (len(prior.known) if prior else 0)
    search = config.search.model_copy(update={"max_trials": room})
    return config.model_copy(update={"search": search})


def read_search(output: Storage, search: str) -> SearchRun:
    """Reads the current state of a running or closed search. Writes nothing.

    Raises:
        UserError: ``output`` has no such search, or its definition cannot be read.
        JournalDamaged: the journal is incomplete or altered.
    """
    try:
        definition = read_definition(output, search)
    except ObjectNotFound as error:
        raise UserError(f"{output.uri}: there is no search '{search}' here") from error
    records = Journal(output, search_folder(search)).read()
    return _search_run(definition, output, fold(records))


def _search_run(definition: SearchDefinition, output: Storage, state: SearchState) -> SearchRun:
    return SearchRun(
        id=definition.id,
        prefix=join(output.uri, search_folder(definition.id)),
        state=state,
        direction=definition.direction,
        definition=definition,
    )


def _no_completed_trial(state: SearchState) -> SearchFailed:
    reason = most_frequent_reason(state) or (state.closed.reason if state.closed else "")
    return SearchFailed(
        f"search: none of {len(state.trials)} trials completed, mostly by {reason}; fix the cause"
        " and raise search.generation to search again"
    )

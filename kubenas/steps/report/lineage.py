"""Reads the lineage of a model from the files of the steps."""

from kubenas.errors import DocumentUnusable, ObjectNotFound, UserError
from kubenas.reporting.lineage import DataLineage, Lineage, RunLineage, TrainingLineage
from kubenas.search.layout import definition_file
from kubenas.search.run import SearchRun, read_search
from kubenas.search.warm_start import read_prior
from kubenas.serving.champion import (
    ChampionLog,
    ChampionRecord,
    latest_promotion,
    original_promotion,
)
from kubenas.steps.export import exported_model
from kubenas.steps.gate import read_decision
from kubenas.steps.retrain import Choice, Retraining, read_choice
from kubenas.steps.setup import read_run_info
from kubenas.storage import Storage, join, open_storage
from kubenas.storage.document import read_document
from kubenas.trial import AttemptSpec


def champion_lineage(output: Storage) -> Lineage:
    """Returns the lineage of the model in production.

    Raises:
        UserError: There is no champion, or its search was deleted.
    """
    champion = ChampionLog(output).champion()
    if champion is None:
        raise UserError(
            f"{output.uri}: no model is in production yet; select a search with --search"
        )
    return find_lineage(output, read_search(output, champion.model.search))


def find_lineage(output: Storage, run: SearchRun) -> Lineage:
    """Returns the lineage of the model of a search, which may be unfinished."""
    search, definition = run.id, run.definition
    choice, prior = read_choice(output, search), read_prior(output, search)
    promotion, predecessor, current = _promotions(ChampionLog(output).history(), search)
    config = definition.config
    return Lineage(
        search=search,
        trial=choice.chosen.trial if choice else None,
        values=_values(run, choice),
        model=exported_model(output, search),
        training=_training(choice.chosen) if choice else None,
        data=DataLineage(
            uri=definition.dataset,
            digest=definition.dataset_digest,
            source=config.data.source,
            split_seed=config.data.seed,
        ),
        run=_run(output, search),
        space=definition.space,
        config=join(output.uri, definition_file(search)),
        config_digest=config.identity(),
        search_seed=config.search.seed,
        search_software=definition.versions,
        began_with=prior.sources if prior else (),
        decision=read_decision(output, search),
        promotion=promotion,
        predecessor=predecessor,
        in_production=current,
    )


def _promotions(
    history: list[ChampionRecord], search: str
) -> tuple[ChampionRecord | None, ChampionRecord | None, bool]:
    """Returns the model's promotion, the promotion before it and whether the model is in use."""
    own = latest_promotion(history, search)
    if own is None:
        return None, None, False
    before = (
        None if own.replaced is None else original_promotion(history, history[own.replaced - 1])
    )
    return own, before, history[-1].model.search == search


def _values(run: SearchRun, choice: Choice | None) -> dict[str, object]:
    trial = run.state.trials.get(choice.chosen.trial) if choice else None
    return dict(trial.used_values) if trial else {}


def _training(chosen: Retraining) -> TrainingLineage:
    return TrainingLineage(
        prefix=chosen.prefix,
        seed_number=chosen.seed,
        seed=_seed(chosen.prefix),
        score=None if chosen.with_validation else chosen.result.score,
        software=chosen.result.software,
        image=chosen.result.image,
    )


def _seed(prefix: str) -> int | None:
    """Returns the random seed of the attempt; None if its spec is missing or unreadable."""
    try:
        storage = open_storage(prefix)
        spec = read_document(storage, "spec.json", AttemptSpec, what="an attempt's spec")
    except (ObjectNotFound, DocumentUnusable):
        return None
    return spec.training.seed if spec.training else None


def _run(output: Storage, search: str) -> RunLineage | None:
    run_info = read_run_info(output, search)
    return None if run_info is None else RunLineage.model_validate(run_info.model_dump())

"""Step 1: locks the output for the config and prepares the data set."""

import logging
from collections.abc import Callable

from kubenas.config import Config, SpaceConfig, with_defaults
from kubenas.data.dataset.card import DataCard
from kubenas.data.dataset.card import read_card as read_data_card
from kubenas.data.dataset.schema import DataSchema
from kubenas.data.kinds.registry import example_kind
from kubenas.data.preparation.prepare import prepare_dataset
from kubenas.errors import UserError
from kubenas.search.oracles import check_oracle
from kubenas.spaces.registry import space_graph, space_kind
from kubenas.steps.drift import record_drift
from kubenas.steps.process import StatusWriter, running_step
from kubenas.steps.setup import (
    RunContext,
    backbone_space,
    check_config_lock,
    freeze_backbone,
    freeze_space,
    keys_of_evaluation,
    lock_config,
    resolve_config,
)
from kubenas.storage import open_storage
from kubenas.storage.probe import probe_storage
from kubenas.trial import SpaceRef

_logger = logging.getLogger(__name__)


def prepare(config: Config) -> RunContext:
    """Prepares the data of ``config``; reuses a data set with the same digest.

    Raises:
        SystemExit: See :func:`running_step`.
    """
    output = open_storage(config.output)
    with running_step("prepare", output, key=config.identity()):
        status = StatusWriter(output, "prepare")
        probe_storage(output)
        check_config_lock(config, output)
        check_oracle(config.search.oracle)
        frozen, backbone = freeze_space(config), freeze_backbone(config)
        resolve_config(config, frozen.space, {})  # fails early for later steps
        prepared = prepare_dataset(config.data, output, progress=_progress_reporter(status))
        _check_suits(config.space, prepared.schema)
        if compared := backbone_space(config):
            with keys_of_evaluation():
                _check_suits(compared, prepared.schema)
        # Locked after validation, so that a wrong data source can be corrected in the config.
        lock_config(config, output)
        frozen.write(output)
        if backbone is not None:
            backbone.write(output)
        config = with_defaults(
            config,
            kind=prepared.schema.kind,
            shape=prepared.schema.shape,
            train_examples=prepared.schema.splits["train"].examples,
        )
        context = RunContext(
            config=config,
            dataset=prepared.uri,
            dataset_digest=prepared.schema.digest,
            space=frozen.space if frozen.files else freeze_space(config).space,
            backbone=backbone.space if backbone else None,
        )
        for warning in read_card(prepared.uri).warnings:
            _logger.warning("data: %s", warning)
        record_drift(context)
        return context


def read_card(dataset: str) -> DataCard:
    """Returns the data card of the data set at the URI ``dataset``."""
    return read_data_card(open_storage(dataset))


def _check_suits(space: SpaceConfig | SpaceRef, schema: DataSchema) -> None:
    """Checks that the networks of ``space`` take the examples of a data set.

    Raises:
        UserError: They do not.
    """
    kind = space_kind(space.name)
    if kind not in (None, schema.kind):
        raise UserError(
            f"space.name: '{space.name}' is for {example_kind(kind).plural}, the data are"
            f" {example_kind(schema.kind).plural}; leave space.name empty"
        )
    make = space_graph(space) if space.weights else None
    if make is not None:
        make(
            input_shape=schema.shape,
            num_classes=len(schema.classes),
            vocabulary_size=schema.vocabulary_size,
        )


def _progress_reporter(status: StatusWriter) -> Callable[[str, int, int | None], None]:
    def report(what: str, done: int, total: int | None) -> None:
        status.write(f"{what}: {done:,}" + (f" of {total:,}" if total else ""))

    return report

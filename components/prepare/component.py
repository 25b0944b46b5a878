"""Step 1 of the pipeline: config and data. The signature is what Kubeflow shows as a form."""

from kfp import dsl

from kubenas.images import CONTROLLER_IMAGE
from kubenas.parameters import docstring


def prepare(  # noqa: D103 - the docstring is made below, of the parameters' help texts
    name: str,
    output: str,
    data_source: str,
    run: dsl.OutputPath(str),  # type: ignore[valid-type]
    dataset: dsl.Output[dsl.Dataset],
    data_card: dsl.Output[dsl.Markdown],
    data_task: str = "image-classification",
    data_test_fraction: float = 0.15,
    data_validation_fraction: float = 0.15,
    data_seed: int = 1,
    data_image_size: str = "",
    space_name: str = "",
    space_hypermodel: str = "",
    space_options: str = "",
    search_oracle: str = "bayesian",
    search_objective: str = "val_accuracy",
    search_direction: str = "",
    search_max_trials: int = 12,
    search_max_seconds: str = "",
    search_max_gpu_hours: str = "",
    search_target_score: str = "",
    search_seed: int = 1,
    search_generation: int = 1,
    training_epochs: int = 8,
    training_batch_size: int = 64,
    training_patience: int = 3,
    training_max_trial_seconds: str = "",
    runner_kind: str = "local",
    runner_workers: int = 2,
    retrain_candidates: int = 2,
    retrain_seeds: int = 2,
    retrain_epochs: str = "",
    retention_searches: int = 3,
    retention_checkpoints: str = "none",
) -> None:
    from pathlib import Path

    from kubenas.parameters import from_parameters
    from kubenas.reporting.data_card import render_data_card
    from kubenas.steps.prepare import prepare as prepare_data
    from kubenas.steps.prepare import read_card

    context = prepare_data(from_parameters(locals()))
    dataset.uri = context.dataset
    dataset.metadata["digest"] = context.dataset_digest
    Path(data_card.path).write_text(render_data_card(read_card(context.dataset)), encoding="utf-8")
    Path(run).write_bytes(context.to_json())


prepare.__doc__ = docstring(
    "Checks the config, then validates, splits and shards the data.",
    {
        "run": "The frozen config and what was made of its data, for the steps that follow.",
        "dataset": "The prepared data set: TFRecord shards and a JSON schema.",
        "data_card": "Counts, balance and warnings.",
    },
)
prepare_component = dsl.component(base_image=CONTROLLER_IMAGE, install_kfp_package=False)(prepare)

"""First task of the pipeline: config and data. Its signature defines the run form of Kubeflow."""

from kfp import dsl

from kubenas.config.form import docstring
from kubenas.images import CONTROLLER_IMAGE


def prepare(  # noqa: D103 - the docstring is built below from the fields' help texts
    search_name: str,
    output_uri: str,
    data_source: str,
    run: dsl.OutputPath(str),  # type: ignore[valid-type]
    dataset: dsl.Output[dsl.Dataset],
    data_card: dsl.Output[dsl.Markdown],
    metrics: dsl.Output[dsl.Metrics],
    network_space: str = "",
    own_hypermodel: str = "",
    search_algorithm: str = "auto",
    score_metric: str = "val_accuracy",
    max_trials: int = 0,
    max_search_seconds: str = "",
    max_gpu_hours: str = "",
    trials_at_once: int = 2,
    gpu_resource_per_trial: str = "",
    epochs_per_trial: int = 0,
    promote_model: str = "auto",
    serve_model_with: str = "none",
    settings: str = "",
) -> None:
    given = dict(locals())
    from pathlib import Path

    from kubenas.reporting.cards import render_data_card
    from kubenas.steps.drift import drift_metrics, read_drift
    from kubenas.steps.prepare import prepare as prepare_data
    from kubenas.steps.prepare import read_card
    from kubenas.steps.process import step_process
    from kubenas.steps.setup import config_from_form, write_reference

    with step_process("prepare"):
        context = prepare_data(config_from_form(given))
        write_reference(dataset, context.dataset, digest=context.dataset_digest)
        drift = read_drift(context.output, context.search_id)
        card = render_data_card(read_card(context.dataset), drift)
        Path(data_card.path).write_text(card, encoding="utf-8")
        for figure, value in (drift_metrics(drift) if drift else {}).items():
            metrics.log_metric(figure, value)
        Path(run).write_bytes(context.to_json())


prepare.__doc__ = docstring(
    "Validates the config, then validates, splits and shards the data.",
    {
        "run": "Frozen config and prepared data set, for the next tasks.",
        "dataset": "Prepared data set: TFRecord shards and a JSON schema.",
        "data_card": "Class counts, class balance, warnings and data drift.",
        "metrics": "Metrics of the data drift.",
    },
)
prepare_component = dsl.component(base_image=CONTROLLER_IMAGE, install_kfp_package=False)(prepare)

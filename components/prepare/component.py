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
    metrics: dsl.Output[dsl.Metrics],
    data_task: str = "image-classification",
    data_test_fraction: float = 0.15,
    data_validation_fraction: float = 0.15,
    data_seed: int = 1,
    data_image_size: str = "",
    space_name: str = "",
    space_hypermodel: str = "",
    space_options: str = "",
    search_oracle: str = "auto",
    search_objective: str = "val_accuracy",
    search_direction: str = "",
    search_max_trials: int = 12,
    search_max_seconds: str = "",
    search_max_gpu_hours: str = "",
    search_max_cost: str = "",
    search_target_score: str = "",
    search_warm_start: str = "",
    search_reuse: str = "",
    search_baseline_share: float = 0.0,
    search_limits_parameters: str = "",
    search_limits_flops: str = "",
    search_limits_latency_ms: str = "",
    search_limits_memory_mib: str = "",
    search_limits_model_mib: str = "",
    search_rungs_eta: str = "",
    search_rungs_min_epochs: int = 2,
    search_seed: int = 1,
    search_generation: int = 1,
    training_epochs: int = 8,
    training_batch_size: int = 64,
    training_patience: int = 3,
    training_max_trial_seconds: str = "",
    runner_kind: str = "local",
    runner_workers: int = 2,
    runner_queue_seconds: float = 3600.0,
    runner_ttl_seconds: int = 3600,
    runner_heartbeat_seconds: float = 300.0,
    runner_metrics_port: str = "",
    runner_price_per_hour: str = "",
    runner_pod_namespace: str = "",
    runner_pod_image: str = "",
    runner_pod_image_pull_secrets: str = "",
    runner_pod_service_account: str = "",
    runner_pod_user: str = "",
    runner_pod_accelerator: str = "",
    runner_pod_accelerators: int = 1,
    runner_pod_resource_claim_template: str = "",
    runner_pod_cpu: str = "1",
    runner_pod_memory: str = "4Gi",
    runner_pod_memory_growth: float = 2.0,
    runner_pod_shared_memory: str = "1Gi",
    runner_pod_scratch: str = "10Gi",
    runner_pod_node_selector: str = "",
    runner_pod_tolerations: str = "",
    runner_pod_affinity: str = "",
    runner_pod_spot_node_selector: str = "",
    runner_pod_spot_tolerations: str = "",
    runner_pod_spot_disruptions: int = 2,
    runner_pod_priority_class: str = "",
    runner_pod_scheduler: str = "",
    runner_pod_runtime_class: str = "",
    runner_pod_kueue_queue: str = "",
    runner_pod_annotations: str = "",
    runner_pod_env: str = "",
    runner_pod_secrets: str = "",
    runner_pod_volumes: str = "",
    runner_pod_mounts: str = "",
    runner_pod_cache: str = "",
    retrain_candidates: int = 2,
    retrain_seeds: int = 2,
    retrain_epochs: str = "",
    promotion_mode: str = "auto",
    promotion_margin: float = 0.01,
    promotion_confidence: float = 0.95,
    promotion_cheaper: float = 0.8,
    promotion_min_examples: int = 100,
    promotion_max_fall: float = 0.1,
    promotion_max_latency_ms: str = "",
    promotion_max_model_mib: str = "",
    promotion_min_recall: str = "",
    retention_searches: int = 3,
    retention_champions: int = 3,
    retention_checkpoints: str = "none",
    serving_kind: str = "none",
    serving_name: str = "",
    serving_namespace: str = "",
    serving_runtime: str = "kserve-tensorflow-serving",
    serving_service_account: str = "",
    serving_min_replicas: int = 1,
    serving_max_replicas: int = 3,
    serving_cpu: str = "1",
    serving_memory: str = "2Gi",
    serving_accelerator: str = "",
    serving_accelerators: int = 1,
    serving_canary_percent: int = 0,
    serving_canary_seconds: float = 0.0,
    serving_ready_seconds: float = 600.0,
    serving_tolerance: str = "",
    serving_registry: str = "",
) -> None:
    from pathlib import Path

    from kubenas.parameters import from_parameters
    from kubenas.reporting.data_card import render_data_card
    from kubenas.steps.drift import drift_scalars, read_drift
    from kubenas.steps.prepare import prepare as prepare_data
    from kubenas.steps.prepare import read_card

    context = prepare_data(from_parameters(locals()))
    dataset.uri = context.dataset
    dataset.metadata["digest"] = context.dataset_digest
    drift = read_drift(context.output, context.search_id)
    card = render_data_card(read_card(context.dataset), drift)
    Path(data_card.path).write_text(card, encoding="utf-8")
    for figure, value in (drift_scalars(drift) if drift else {}).items():
        metrics.log_metric(figure, value)
    Path(run).write_bytes(context.to_json())


prepare.__doc__ = docstring(
    "Checks the config, then validates, splits and shards the data.",
    {
        "run": "The frozen config and what was made of its data, for the steps that follow.",
        "dataset": "The prepared data set: TFRecord shards and a JSON schema.",
        "data_card": "Counts, balance, warnings and what has changed since the data before.",
        "metrics": "What has changed since the data before, in figures.",
    },
)
prepare_component = dsl.component(base_image=CONTROLLER_IMAGE, install_kfp_package=False)(prepare)

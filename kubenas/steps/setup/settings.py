"""Resolves the settings of trials from the config, the task and the namespace."""

import os
from collections.abc import Mapping
from typing import Any

from kubenas.config import Config, parse_config
from kubenas.scheduling.kubernetes.names import KUBEFLOW_POD
from kubenas.scheduling.settings import merge_settings, parse_task_settings
from kubenas.steps.setup.context import RunContext
from kubenas.trial import SpaceRef


def resolve_context(context: RunContext) -> RunContext:
    """Returns ``context`` with the resolved config of its trials.

    Raises:
        UserError, ApiUnavailable: See :func:`resolve_config`.
    """
    config = resolve_config(context.config, context.space, context.task_config)
    return context.model_copy(update={"config": config})


def resolve_config(config: Config, space: SpaceRef, task_config: Mapping[str, Any]) -> Config:
    """Returns ``config`` with all settings of the trials of ``space``.

    The config takes precedence over the settings of the task in Kubeflow, and these over the
    defaults of the namespace, which the chart stores in a ConfigMap. Settings that the
    administrator locked come from these defaults only. The policy of the namespace applies to all.

    Raises:
        UserError: A setting is not allowed, or no cluster is configured.
        ApiUnavailable: The API server does not respond.
    """
    if os.environ.get(KUBEFLOW_POD) or config.runner.kind == "kubernetes":
        return _in_cluster(config, space, parse_task_settings(task_config))
    return _with_runner(config, {"kind": "local"})


def _in_cluster(config: Config, space: SpaceRef, task: Mapping[str, Any]) -> Config:
    # Imported here: runs without a cluster do not need the Kubernetes client.
    from kubenas.scheduling.confinement import check_confinement, check_serving
    from kubenas.scheduling.kubernetes.environment import detect_environment
    from kubenas.scheduling.policy import check_locked, check_user_code_runner

    namespace = detect_environment().settings()
    check_locked(merge_settings(config.runner, task), namespace.runner, namespace.policy.locked)
    runner = merge_settings(config.runner, task, namespace.runner)
    if runner["kind"] == "auto":
        runner["kind"] = "kubernetes"
    if space.hypermodel is not None or space.program is not None:
        check_user_code_runner(runner["kind"], namespace.policy)
    config = _with_runner(config, runner)
    if not namespace.policy_enforced:
        return config
    check_serving(config.serving, namespace.policy)
    if config.runner.kind == "kubernetes":
        check_confinement(config.runner.pod, namespace.policy, account=namespace.account)
    return config


def _with_runner(config: Config, runner: dict[str, object]) -> Config:
    section = {**config.runner.model_dump(mode="json"), **runner}
    content = {**config.model_dump(mode="json"), "runner": section}
    return parse_config(content, origin="settings of the task and the namespace")

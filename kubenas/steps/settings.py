"""What a step's trials get besides what the config says: from its task, then from the namespace."""

from kubenas.config_file import parse_config
from kubenas.scheduling.settings import filled, of_task
from kubenas.steps.context import RunContext


def settled(context: RunContext) -> RunContext:
    """``context`` with everything that its trials get in its config.

    The config comes first, then what the user set on this task in Kubeflow, then the defaults of
    the namespace, which the chart keeps in a ConfigMap.

    Raises:
        UserError: something of that is not allowed, or no cluster is configured.
        ApiAway: the cluster does not answer.
    """
    config = context.config
    if config.runner.kind == "local":
        return context
    # Who has no cluster does not wait for its client.
    from kubenas.scheduling.kubernetes_surroundings import surroundings

    runner = filled(config.runner, of_task(context.task_config), surroundings().defaults())
    content = {**config.model_dump(mode="json"), "runner": runner}
    origin = "settings of the task and the namespace"
    return context.model_copy(update={"config": parse_config(content, origin=origin)})

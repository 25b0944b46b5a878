"""Hands a champion over to serving: to KServe or as YAML, and to a model registry."""

from kubenas.config import ServingConfig
from kubenas.serving.champion import ChampionRecord
from kubenas.serving.handoff_result import Handoff
from kubenas.serving.registry import has_token, register
from kubenas.storage import Storage


def hand_over(
    record: ChampionRecord, config: ServingConfig, *, name: str, output: Storage
) -> Handoff:
    """Hands the model of ``record`` over to serving. Idempotent.

    Args:
        record: A record of the champion log, or the next one.
        config: Section ``serving`` of the config.
        name: Name of the search, the default name of the service.
        output: The output of the champion log.

    Raises:
        UserError: The cluster configuration is invalid, the API server or the model registry
            refused a request, or the service belongs to another output.
        ApiUnavailable: The API server does not respond.
        RegistryUnavailable: The model registry does not respond.
        ServiceConflict: Other clients keep changing the service.
    """
    handoff = _serve(record, config, name, output)
    if config.registry is None or not handoff.accepted:
        return handoff
    model = config.name or name
    entry = register(
        record, config.registry, name=model, output=output.uri, trusted=_trusted_registries()
    )
    message = f"{handoff.message}; in the model registry: {entry}"
    return handoff.model_copy(update={"message": message})


def _trusted_registries() -> tuple[str, ...]:
    """Returns the hosts that may receive this pod's token, from the policy of the namespace."""
    if not has_token():
        return ()
    # Imported here: without a token, the Kubernetes client is not needed.
    from kubenas.scheduling.kubernetes.environment import read_namespace_settings

    return read_namespace_settings().policy.registries


def _serve(record: ChampionRecord, config: ServingConfig, name: str, output: Storage) -> Handoff:
    if config.kind == "none":
        return Handoff(state="none", message="not handed over: serving.kind is none")
    # Imported here: without serving, the Kubernetes client is not needed.
    from kubenas.serving.kserve.handoff import hand_over_to_kserve

    return hand_over_to_kserve(record, config, name=name, output=output)

"""Hands a champion to serving: to KServe where that may be done, else as YAML for whoever may."""

from kubenas.config import ServingConfig
from kubenas.serving.champion import ChampionRecord
from kubenas.serving.handoff_result import Handoff
from kubenas.serving.registry import has_token, register
from kubenas.storage import Storage


def hand_over(
    record: ChampionRecord, config: ServingConfig, *, name: str, output: Storage
) -> Handoff:
    """Has the model of ``record`` served. May be repeated: what has been done is not done again.

    Args:
        record: of the champion log; it may be about to be appended.
        config: how the model is served.
        name: of the search: the service's, where the config names none.
        output: whose champion it is.

    Raises:
        UserError: the cluster's configuration is not sound, the API server or the model registry
            refuses, or a service of this name is not ours.
        ApiAway: the API server does not answer.
        RegistryUnavailable: the model registry does not answer.
        ServiceConflict: others change the service all the time.
    """
    handoff = _handed_over(record, config, name, output)
    if config.registry is None or not handoff.accepted:
        return handoff
    model = config.name or name
    entry = register(
        record, config.registry, name=model, output=output.uri, trusted=_trusted_registries()
    )
    message = f"{handoff.message}; in the model registry: {entry}"
    return handoff.model_copy(update={"message": message})


def _trusted_registries() -> tuple[str, ...]:
    """Hosts that the administrator of this pod's namespace lets see its token."""
    if not has_token():
        return ()
    # Who has no token does not wait for the cluster's client.
    from kubenas.scheduling.kubernetes.environment import namespace_settings

    return namespace_settings().policy.registries


def _handed_over(
    record: ChampionRecord, config: ServingConfig, name: str, output: Storage
) -> Handoff:
    if config.kind == "none":
        return Handoff(state="none", message="not handed over: serving.kind is none")
    # Who serves nothing does not wait for the cluster's client.
    from kubenas.serving.kserve.handoff import hand_over_to_kserve

    return hand_over_to_kserve(record, config, name=name, output=output)

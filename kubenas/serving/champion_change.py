"""Changes the champion: hands the model over to serving, then appends to the champion log.

In this order the log never contains a model that failed its checks in serving. Both operations can
be repeated after a crash.
"""

from kubenas.config import ServingConfig
from kubenas.errors import SearchFailed
from kubenas.serving.champion import ChampionChanged, ChampionLog, ChampionRecord
from kubenas.serving.handoff import hand_over
from kubenas.serving.handoff_result import Handoff
from kubenas.storage import Storage


def change_champion(
    record: ChampionRecord, config: ServingConfig, *, name: str, output: Storage
) -> Handoff:
    """Hands the model of ``record`` over to serving and appends the record.

    Args:
        record: The next record of the champion log.
        config: Section ``serving`` of the config.
        name: Name of the search, the default name of the service.
        output: The output of the champion log.

    Raises:
        SearchFailed: The served model failed its checks. The champion is unchanged.
        ChampionChanged: Another process appended a record. The model of that record is served.
        UserError: See :func:`kubenas.serving.handoff.hand_over`.
    """
    handoff = hand_over(record, config, name=name, output=output)
    if not handoff.accepted:
        raise SearchFailed(f"not promoted, the champion is unchanged: {handoff.message}")
    log = ChampionLog(output)
    try:
        log.append(record)
    except ChampionChanged:
        # Both processes changed the service in an unknown order: serve the recorded champion.
        if winner := log.champion():
            hand_over(winner, config, name=name, output=output)
        raise
    return handoff

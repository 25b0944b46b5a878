"""One champion follows another: first served, then entered in the champion log.

Who is killed in between does both again, for a handover may be repeated. So the log never names a
model that serving refused, and whoever reads it finds one champion at any time.
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
    """Has the model of ``record`` served, and appends the record.

    Args:
        record: made from the log as it is now.
        config: how the model is served.
        name: of the search, for the service.
        output: whose champion it is.

    Raises:
        SearchFailed: the model is not served rightly; the champion is the one that it was.
        ChampionChanged: another record was appended meanwhile; its model is served.
        UserError: as :func:`kubenas.serving.handoff.hand_over` tells.
    """
    handoff = hand_over(record, config, name=name, output=output)
    if not handoff.accepted:
        raise SearchFailed(f"not promoted, the champion stays: {handoff.message}")
    log = ChampionLog(output)
    try:
        log.append(record)
    except ChampionChanged:
        # Both have changed what is served, in an order that nobody knows.
        if winner := log.champion():
            hand_over(winner, config, name=name, output=output)
        raise
    return handoff

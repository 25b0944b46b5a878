"""``kubenas champion rollback``: restores an earlier champion and serves it."""

import time

from kubenas.cli.answer import Answer
from kubenas.cli.champion.display import champion_lines
from kubenas.errors import UserError
from kubenas.serving.champion import ChampionLog, rollback_record
from kubenas.serving.champion_change import change_champion
from kubenas.steps.setup import read_config_lock
from kubenas.storage import open_storage


def roll_back(output: str, answer: Answer, *, to: int | None, why: str) -> None:
    """Restores the champion of record ``to``, by default the previous champion.

    Raises:
        UserError: the output contains no run, or the record or its model does not exist.
        SearchFailed: serving the earlier model failed; the champion is unchanged.
        ChampionChanged: another process appended a record.
    """
    storage = open_storage(output)
    config = read_config_lock(storage)
    record = rollback_record(ChampionLog(storage).history(), to=to, why=why, at=time.time())
    if not open_storage(record.model.saved_model).exists("1/saved_model.pb"):
        raise UserError(
            f"{record.model.saved_model}: the model of record {record.restored} is gone; name"
            " another one with --to ('kubenas champion history' lists them)"
        )
    handoff = change_champion(record, config.serving, name=config.name, output=storage)
    for line in champion_lines(record):
        answer.line(line)
    answer.line(f"serving     {handoff.message}")
    answer.put(
        {
            "champion": record.model_dump(mode="json"),
            "serving": handoff.model_dump(mode="json"),
        }
    )

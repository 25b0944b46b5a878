"""``kubenas champion show`` and ``kubenas champion history``."""

from kubenas.cli.answer import Answer
from kubenas.errors import UserError
from kubenas.reporting.formatting import format_time
from kubenas.serving.champion import ChampionLog, ChampionRecord
from kubenas.steps.setup import read_config_lock
from kubenas.storage import open_storage


def show_champion(output: str, answer: Answer) -> None:
    """Prints the champion.

    Raises:
        UserError: the output contains no run or no champion.
    """
    champion = _history(output)[-1]
    for line in champion_lines(champion):
        answer.line(line)
    answer.put({"champion": champion.model_dump(mode="json")})


def list_champions(output: str, answer: Answer) -> None:
    """Prints all records of the champion log.

    Raises:
        UserError: the output contains no run or no champion.
    """
    history = _history(output)
    for record in history:
        answer.line(
            f"{record.number:>4}  {format_time(record.at)}  {record.action:<11}  {_name(record)}"
            f"  {record.model.test.accuracy:.2%}  {record.why}"
        )
    answer.put({"history": [record.model_dump(mode="json") for record in history]})


def champion_lines(record: ChampionRecord) -> list[str]:
    """Returns the description of a champion, line by line."""
    model, test = record.model, record.model.test
    again = f" (restored from record {record.restored})" if record.restored else ""
    return [
        f"champion    record {record.number}, {record.action} {format_time(record.at)}{again}",
        f"model       {model.saved_model}",
        f"from        search {model.search}, trial {model.trial}",
        f"test        accuracy {test.accuracy:.2%} (n = {test.examples}, at its evaluation)",
        f"why         {record.why}",
    ]


def _history(output: str) -> list[ChampionRecord]:
    storage = open_storage(output)
    read_config_lock(storage)
    history = ChampionLog(storage).history()
    if not history:
        raise UserError(f"{storage.uri}: no model has been promoted yet")
    return history


def _name(record: ChampionRecord) -> str:
    again = f" (record {record.restored})" if record.restored else ""
    return f"{record.model.search} trial {record.model.trial}{again}"

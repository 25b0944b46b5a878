"""``kubenas lineage``: the lineage of a model."""

from kubenas.cli.answer import Answer
from kubenas.search.run import read_search
from kubenas.steps.report.lineage import champion_lineage, find_lineage
from kubenas.steps.setup import read_config_lock
from kubenas.storage import open_storage


def print_lineage(output: str, search: str | None, answer: Answer) -> None:
    """Prints the lineage of the model of ``search``, by default of the champion.

    Raises:
        UserError: the search does not exist, or there is no champion.
    """
    storage = open_storage(output)
    read_config_lock(storage)
    found = (
        find_lineage(storage, read_search(storage, search)) if search else champion_lineage(storage)
    )
    for label, text in found.rows():
        answer.line(f"{label:<24}{text}")
    answer.put(found.model_dump(mode="json"))

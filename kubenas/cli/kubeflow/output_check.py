"""Whether the output of a run to come belongs to another config: found out before it starts."""

from kubenas.cli.answer import Answer
from kubenas.config import Config
from kubenas.errors import StorageDenied, StorageUnreachable
from kubenas.steps.setup import check_config_lock
from kubenas.storage import open_storage


def check_output(config: Config, answer: Answer) -> None:
    """Checks that ``config`` may have its output, where that can be read from here.

    Raises:
        UserError: it belongs to another config, or its bucket does not exist.
    """
    try:
        check_config_lock(config, open_storage(config.output))
        answer.put({"output_checked": True})
    except (StorageDenied, StorageUnreachable) as error:
        answer.line(f"whether the output is free is seen only when it runs: {error}")
        answer.put({"output_checked": False})

"""Check, before a run starts, that its output does not belong to another config."""

from kubenas.cli.answer import Answer
from kubenas.config import Config
from kubenas.errors import StorageDenied, StorageUnreachable
from kubenas.steps.setup import check_config_lock
from kubenas.storage import open_storage


def check_output(config: Config, answer: Answer) -> None:
    """Checks the output of ``config``, if this machine can read the output.

    Raises:
        UserError: the output belongs to another config, or its bucket does not exist.
    """
    try:
        check_config_lock(config, open_storage(config.output))
        answer.put({"output_checked": True})
    except (StorageDenied, StorageUnreachable) as error:
        answer.line(f"the output cannot be checked before the run: {error}")
        answer.put({"output_checked": False})

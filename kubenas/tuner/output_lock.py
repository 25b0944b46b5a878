"""The config lock of an output: an output holds either searches of tuners or a pipeline run."""

from kubenas.config import Config
from kubenas.errors import ObjectExists, UserError
from kubenas.steps.setup import CONFIG_LOCK_FILE, read_config_lock
from kubenas.storage import Storage


def check_config_lock(config: Config, output: Storage) -> None:
    """Checks that ``output`` is empty or contains searches of tuners.

    Raises:
        UserError: the output belongs to a run of the pipeline.
    """
    if (
        output.exists(CONFIG_LOCK_FILE)
        and read_config_lock(output).data.source != config.data.source
    ):
        raise UserError(
            f"output {output.uri} belongs to a run of the pipeline; choose another 'output'"
        )


def lock_config(config: Config, output: Storage) -> None:
    """Writes the config lock. Raises the errors of :func:`check_config_lock`."""
    try:
        output.create(CONFIG_LOCK_FILE, config.to_json())
    except ObjectExists:
        check_config_lock(config, output)
        output.write(CONFIG_LOCK_FILE, config.to_json())

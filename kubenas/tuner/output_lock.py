"""An output holds searches of tuners, or one run of the pipeline."""

from kubenas.config import Config
from kubenas.errors import ObjectExists, UserError
from kubenas.steps.setup import CONFIG_LOCK_FILE, read_config_lock
from kubenas.storage import Storage


def check_claim(config: Config, output: Storage) -> None:
    """Checks that ``output`` holds nothing, or searches of tuners like that of ``config``.

    Raises:
        UserError: it belongs to a run of the pipeline.
    """
    if (
        output.exists(CONFIG_LOCK_FILE)
        and read_config_lock(output).data.source != config.data.source
    ):
        raise UserError(
            f"output {output.uri} belongs to a run of the pipeline; give another 'output'"
        )


def claim(config: Config, output: Storage) -> None:
    """Makes ``output`` hold the search of ``config``; errors as of :func:`check_claim`."""
    try:
        output.create(CONFIG_LOCK_FILE, config.to_json())
    except ObjectExists:
        check_claim(config, output)
        output.write(CONFIG_LOCK_FILE, config.to_json())

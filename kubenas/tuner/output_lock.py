"""An output holds searches of tuners, or one run of the pipeline."""

from kubenas.config import Config
from kubenas.errors import ObjectExists, UserError
from kubenas.steps.setup import CLAIM_FILE, read_claim
from kubenas.storage import Storage


def check_config_lock(config: Config, output: Storage) -> None:
    """Checks that ``output`` holds nothing, or searches of tuners like that of ``config``.

    Raises:
        UserError: it belongs to a run of the pipeline.
    """
    if output.exists(CLAIM_FILE) and read_claim(output).data.source != config.data.source:
        raise UserError(
            f"output {output.uri} belongs to a run of the pipeline; give another 'output'"
        )


def lock_config(config: Config, output: Storage) -> None:
    """Makes ``output`` hold the search of ``config``; errors as of :func:`check_config_lock`."""
    try:
        output.create(CLAIM_FILE, config.to_json())
    except ObjectExists:
        check_config_lock(config, output)
        output.write(CLAIM_FILE, config.to_json())

"""What a step knows before it begins: config, output, settings and runner."""

from kubenas.steps.setup.artifact import hold, refer
from kubenas.steps.setup.config_lock import CLAIM_FILE, check_claim, claim, read_claim
from kubenas.steps.setup.context import RunContext
from kubenas.steps.setup.frozen_space import freeze_space
from kubenas.steps.setup.origin import read_origin
from kubenas.steps.setup.request import requested
from kubenas.steps.setup.runners import trial_runner
from kubenas.steps.setup.settings import settled, settled_config

__all__ = [
    "CLAIM_FILE",
    "RunContext",
    "check_claim",
    "claim",
    "freeze_space",
    "hold",
    "read_claim",
    "read_origin",
    "refer",
    "requested",
    "settled",
    "settled_config",
    "trial_runner",
]

"""Inputs of a step: config, output, run context, resolved settings and trial runner."""

from kubenas.steps.setup.artifact import write_copy, write_reference
from kubenas.steps.setup.config_lock import (
    CONFIG_LOCK_FILE,
    check_config_lock,
    lock_config,
    read_config_lock,
)
from kubenas.steps.setup.context import RunContext
from kubenas.steps.setup.form_config import config_from_form
from kubenas.steps.setup.frozen_backbone import (
    backbone_space,
    freeze_backbone,
    keys_of_evaluation,
)
from kubenas.steps.setup.frozen_space import freeze_space
from kubenas.steps.setup.run_info import read_run_info
from kubenas.steps.setup.runners import trial_runner
from kubenas.steps.setup.settings import resolve_config, resolve_context

__all__ = [
    "CONFIG_LOCK_FILE",
    "RunContext",
    "backbone_space",
    "check_config_lock",
    "config_from_form",
    "freeze_backbone",
    "freeze_space",
    "keys_of_evaluation",
    "lock_config",
    "read_config_lock",
    "read_run_info",
    "resolve_config",
    "resolve_context",
    "trial_runner",
    "write_copy",
    "write_reference",
]

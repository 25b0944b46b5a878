"""Interpretation of Hyperband's values: number of epochs and the earlier trial to resume from.

Follows keras_tuner.Hyperband, which combines a tuner and an oracle.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import keras
import keras_tuner

from kubenas.storage import open_storage, split

_EPOCHS, _INITIAL_EPOCH, _EARLIER_TRIAL = "tuner/epochs", "tuner/initial_epoch", "tuner/trial_id"


def epochs_to_fit(values: Mapping[str, Any]) -> dict[str, int]:
    """Returns the arguments of fit() in Hyperband's ``values``. Empty for other oracles."""
    if _EPOCHS not in values:
        return {}
    return {"epochs": values[_EPOCHS], "initial_epoch": values[_INITIAL_EPOCH]}


def stage_earlier_trial(tuner: keras_tuner.Tuner, values: Mapping[str, Any], folder: str) -> None:
    """Stages the earlier trial's folder at URI ``folder`` in the ``tuner``'s trial directory.

    Raises:
        StorageError: the folder cannot be read.
    """
    parent, name = split(folder)
    place = Path(tuner.get_trial_dir(values[_EARLIER_TRIAL]))
    place.rmdir()  # get_trial_dir() creates it
    place.symlink_to(open_storage(parent).stage(name))


def load_earlier_weights(
    tuner: keras_tuner.Tuner, values: Mapping[str, Any], model: keras.Model
) -> None:
    """Loads the weights of the earlier trial's best epoch into ``model``, if there is one."""
    if _EARLIER_TRIAL not in values:
        return
    earlier = values[_EARLIER_TRIAL]
    built = Path(tuner._get_build_config_fname(earlier))  # noqa: SLF001  # where its save_model() writes
    model.build_from_config(json.loads(built.read_bytes()))
    model.load_weights(tuner._get_checkpoint_fname(earlier))  # noqa: SLF001

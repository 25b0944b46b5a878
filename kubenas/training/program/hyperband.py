"""What Hyperband's values tell a trial: how many epochs, and which trial it goes on from.

As keras_tuner.Hyperband does it, which is a tuner and an oracle in one.
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
    """Arguments of fit() that ``values`` ask for; none where they are not Hyperband's."""
    if _EPOCHS not in values:
        return {}
    return {"epochs": values[_EPOCHS], "initial_epoch": values[_INITIAL_EPOCH]}


def stage_earlier_trial(tuner: keras_tuner.Tuner, values: Mapping[str, Any], folder: str) -> None:
    """Puts what the earlier trial left, at the URI ``folder``, where ``tuner`` looks for it.

    Raises:
        StorageError: the store refused.
    """
    parent, name = split(folder)
    place = Path(tuner.get_trial_dir(values[_EARLIER_TRIAL]))
    place.rmdir()  # it is made where it is asked for
    place.symlink_to(open_storage(parent).stage(name))


def load_earlier_weights(
    tuner: keras_tuner.Tuner, values: Mapping[str, Any], model: keras.Model
) -> None:
    """Gives ``model`` the weights of the earlier trial's best epoch, if it goes on from one."""
    if _EARLIER_TRIAL not in values:
        return
    earlier = values[_EARLIER_TRIAL]
    built = Path(tuner._get_build_config_fname(earlier))  # noqa: SLF001  # where its save_model() writes
    model.build_from_config(json.loads(built.read_bytes()))
    model.load_weights(tuner._get_checkpoint_fname(earlier))  # noqa: SLF001

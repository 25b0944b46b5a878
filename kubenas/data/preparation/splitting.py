"""Assignment of examples to splits, as the source gives them or by a hash of their content.

The split of an example is stable when data are added, except for new near duplicates of the
example. Equal and nearly equal examples are in the same split.
"""

from collections.abc import Callable, Collection
from functools import partial

import numpy as np
import numpy.typing as npt

from kubenas.config import DataConfig
from kubenas.data.dataset.example_index import ExampleIndex
from kubenas.data.dataset.schema import SPLITS, SplitName

_KEY_SPAN = 1 << 64
_LOW_HALF = np.uint64(0xFFFFFFFF)
_TRAIN = SPLITS.index("train")


def split_for_key(key: int, config: DataConfig, given: Collection[SplitName] = ()) -> SplitName:
    """Returns the split of a content key.

    Args:
        key: the content key.
        config: the fractions of the splits.
        given: splits whose examples the source gives; no other example is assigned to them.
    """
    position = key / _KEY_SPAN
    test = 0.0 if "test" in given else config.test_fraction
    validation = 0.0 if "validation" in given else config.validation_fraction
    if position < test:
        return "test"
    if position < test + validation:
        return "validation"
    return "train"


def assign_splits(
    index: ExampleIndex,
    groups: npt.NDArray[np.intp],
    config: DataConfig,
    given: npt.NDArray[np.int8],
) -> dict[SplitName, npt.NDArray[np.intp]]:
    """Returns the positions of the examples of each split, sorted by content key.

    The content keys are hashes, therefore the order is a reproducible shuffle. All examples of a
    group are in the same split. The test split keeps only one example per label of each group,
    because duplicates are not independent evidence. An example that the source gives for training
    is left out if its group has a test or validation example, and one for validation if its group
    has a test example: a model must not be trained on what it is evaluated on.

    Args:
        index: content key and label of each example.
        groups: group of each example, shape (examples,). A group has equal and nearly equal
            examples.
        config: the fractions of the splits that the source does not give.
        given: split of each example in the source, an index into SPLITS, shape (examples,); -1:
            none.
    """
    keys = index["key"]
    latest = _latest_in_group(groups, given)
    names = {SPLITS[code] for code in np.unique(given) if code >= 0}
    by_key = _split_of_each(keys, groups, partial(split_for_key, config=config, given=names))
    splits = np.where(latest <= _TRAIN, by_key, np.array(SPLITS)[latest])
    kept = given == latest
    kept &= (splits != "test") | _is_first_of_group(groups, index["label"], keys, kept)
    order = np.lexsort((index["label"], keys))
    return {split: order[(kept & (splits == split))[order]] for split in SPLITS}


def count_leaks(groups: npt.NDArray[np.intp], given: npt.NDArray[np.int8]) -> int:
    """Returns how many examples are equal or nearly equal to one that a later split holds out."""
    return int((given < _latest_in_group(groups, given)).sum())


def _latest_in_group(
    groups: npt.NDArray[np.intp], given: npt.NDArray[np.int8]
) -> npt.NDArray[np.int8]:
    """Returns for each example the last split of its group, in the order of SPLITS."""
    latest = np.full(int(groups.max()) + 1, -1, np.int8)
    np.maximum.at(latest, groups, given)
    return latest[groups]


def _split_of_each(
    keys: npt.NDArray[np.uint64],
    groups: npt.NDArray[np.intp],
    split_of: Callable[[int], SplitName],
) -> npt.NDArray[np.str_]:
    # The key with the smallest lower half decides for its group. The split depends on the upper
    # half of this key, so the choice does not favour any split.
    order = np.lexsort((keys, keys & _LOW_HALF, groups))
    _, first, inverse = np.unique(groups[order], return_index=True, return_inverse=True)
    group_splits = np.array([split_of(int(key)) for key in keys[order[first]]])
    splits = np.empty_like(group_splits, shape=len(keys))
    splits[order] = group_splits[inverse]
    return splits


def _is_first_of_group(
    groups: npt.NDArray[np.intp],
    labels: npt.NDArray[np.int32],
    keys: npt.NDArray[np.uint64],
    kept: npt.NDArray[np.bool_],
) -> npt.NDArray[np.bool_]:
    """Returns whether each example is the first one of its label in its group, of those kept."""
    order = np.lexsort((keys, keys & _LOW_HALF, ~kept, labels, groups))
    new = np.diff(groups[order], prepend=-1) | np.diff(labels[order], prepend=-1)
    first = np.zeros(len(keys), bool)
    first[order] = new != 0
    return first

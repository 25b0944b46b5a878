"""The width multiplier of a network (Howard et al., MobileNets, arXiv 1704.04861)."""

_FILTER_STEP = 8


def widened(filters: int, width: float) -> int:
    """Returns ``filters`` times ``width``, rounded to a multiple of 8; unchanged for a width of 1.

    Args:
        filters: number of filters.
        width: multiplier of the numbers of filters of all layers.
    """
    if width == 1:
        return filters
    steps = int(filters * width / _FILTER_STEP + 0.5)
    return max(1, steps) * _FILTER_STEP

"""Paths of a search's folders and files, relative to the output."""

SEARCHES = "searches"

ATTEMPT_PATTERN = (
    rf"{SEARCHES}/(?P<search>[^/\"]+)"
    r"/(?P<folder>(?:trials|retrain|champion)/[^/\"]+|describe|evaluate|export)"
    r"/a(?P<attempt>[1-9]\d{0,8})"
)
"""Regular expression of an attempt's folder, relative to the output."""


def search_folder(search: str) -> str:
    """The folder of a search, without a trailing slash."""
    return f"{SEARCHES}/{search}"


def definition_file(search: str) -> str:
    """The search's definition, ``search.json``."""
    return f"{search_folder(search)}/search.json"


def space_file(search: str) -> str:
    """The search space, as keras_tuner.HyperParameters.get_config()."""
    return f"{search_folder(search)}/space.json"


def prior_file(search: str) -> str:
    """The warm start: results of earlier searches and tables, read when the search began."""
    return f"{search_folder(search)}/prior.json"


def heartbeat_file(search: str) -> str:
    """The heartbeat file, rewritten as long as a step of the search runs."""
    return f"{search_folder(search)}/heartbeat.json"


def describe_folder(search: str) -> str:
    """The folder of the first attempt of the describe task."""
    return f"{search_folder(search)}/describe/a1"


def trial_folder(trial: int) -> str:
    """The folder of a trial's attempts, relative to its search's folder."""
    return f"trials/{trial:05d}"


def attempt_folder(search: str, trial: int, attempt: int) -> str:
    """The folder that one attempt of a trial writes to."""
    return f"{search_folder(search)}/{trial_folder(trial)}/a{attempt}"


def checkpoint_folder(attempt: str) -> str:
    """The checkpoint folder of the attempt in folder (or URI) ``attempt``."""
    return f"{attempt}/checkpoint"

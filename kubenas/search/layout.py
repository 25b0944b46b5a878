"""Where things are, below the output's root."""

SEARCHES = "searches"

ATTEMPT_PATTERN = (
    rf"{SEARCHES}/(?P<search>[^/\"]+)"
    r"/(?P<folder>(?:trials|retrain|champion)/[^/\"]+|describe|evaluate|export)"
    r"/a(?P<attempt>[1-9]\d{0,8})"
)
"""Regular expression of an attempt's folder, below the output."""


def search_folder(search: str) -> str:
    """The folder of a search, without a trailing slash."""
    return f"{SEARCHES}/{search}"


def definition_file(search: str) -> str:
    """What the search is: search.json."""
    return f"{search_folder(search)}/search.json"


def space_file(search: str) -> str:
    """What may be built, as keras_tuner.HyperParameters.get_config()."""
    return f"{search_folder(search)}/space.json"


def prior_file(search: str) -> str:
    """What was known from elsewhere when the search began."""
    return f"{search_folder(search)}/prior.json"


def heartbeat_file(search: str) -> str:
    """What changes as long as a step of the search lives."""
    return f"{search_folder(search)}/heartbeat.json"


def describe_folder(search: str) -> str:
    """The folder of the first attempt to describe the space."""
    return f"{search_folder(search)}/describe/a1"


def trial_folder(trial: int) -> str:
    """The folder of a trial's attempts, below its search's own."""
    return f"trials/{trial:05d}"


def attempt_folder(search: str, trial: int, attempt: int) -> str:
    """The folder that one attempt of a trial writes to."""
    return f"{search_folder(search)}/{trial_folder(trial)}/a{attempt}"


def checkpoint_folder(attempt: str) -> str:
    """The folder of the checkpoints of the attempt whose own folder (or URI) is ``attempt``."""
    return f"{attempt}/checkpoint"

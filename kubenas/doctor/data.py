"""Check that the data source can be reached. Its content is validated by the prepare step."""

from kubenas.data.source import open_source
from kubenas.doctor.finding import Finding, ok, problem
from kubenas.errors import UserError
from kubenas.storage import open_storage, split


def check_data(source: str) -> Finding:
    """Checks the ``source`` of the config. Copies nothing."""
    try:
        if "://" not in source or source.startswith("file://"):
            open_source(source)
        elif not _is_there(source):
            return problem("data", f"data.source: {source}: not found; correct the URI")
    except UserError as error:
        return problem("data", f"data.source: {error}")
    return ok("data", f"{source}: can be reached")


def _is_there(uri: str) -> bool:
    folder, name = split(uri)
    storage = open_storage(folder)
    return storage.exists(name) or next(iter(storage.list(f"{name}/")), None) is not None

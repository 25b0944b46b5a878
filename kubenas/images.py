"""The container images that this version runs in: the one place that names them."""

from kubenas import __version__

CONTROLLER_IMAGE = f"kubenas/controller:{__version__}"

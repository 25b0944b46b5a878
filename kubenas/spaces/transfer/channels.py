"""Which numbers of channels of images a backbone takes. Imports no Keras."""

from kubenas.errors import UserError
from kubenas.spaces.shapes import Map
from kubenas.spaces.transfer.backbone import Backbone


def check_channels(backbone: Backbone, input_shape: Map) -> None:
    """Checks that ``backbone`` takes images of ``input_shape``. A single channel is repeated.

    Raises:
        UserError: it takes another number of channels.
    """
    channels = input_shape[2]
    if channels not in {1, backbone.channels}:
        raise UserError(
            f"space.weights: the backbone takes images with {backbone.channels} channels, and the"
            f" data have {channels}; use another backbone, or images with 1 or"
            f" {backbone.channels} channels"
        )

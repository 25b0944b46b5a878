"""The feature map of a pretrained backbone, of Keras layers."""

from functools import lru_cache
from pathlib import Path

import keras

from kubenas.errors import UserError
from kubenas.spaces.transfer.backbone import Backbone
from kubenas.spaces.transfer.keras_file import INPUT, Node

_OPERATIONS = {"add": keras.ops.add, "multiply": keras.ops.multiply}
_RANDOM = frozenset({"Dropout", "GaussianDropout", "GaussianNoise", "SpatialDropout2D"})
_PIXELS = (keras.layers.Rescaling, keras.layers.Normalization)
_NORM = keras.layers.BatchNormalization


def build_features(
    image: keras.KerasTensor, backbone: Backbone, file: Path, *, frozen_stages: int
) -> keras.KerasTensor:
    """Returns the feature map that ``backbone`` computes, with the weights in ``file``.

    Batch normalisation keeps its statistics and weights in every stage: a training has too few
    batches for new ones. Random layers are left out, since the head has a dropout of its own.

    Args:
        image: images (batch, height, width, channels) with the pixel values that it takes.
        backbone: the nodes in ``file`` to build.
        file: the backbone's file.
        frozen_stages: number of the first stages that are not trained.

    Raises:
        UserError: Keras cannot load the file.
    """
    model = _load(file)
    values: list[keras.KerasTensor] = []
    for node, stage in zip(backbone.nodes, backbone.stages, strict=True):
        inputs = [values[each] if isinstance(each, int) else each for each in node.inputs]
        if node.kind == INPUT:
            values.append(image)
        elif node.kind in _RANDOM:
            values.append(inputs[0])
        elif node.kind in _OPERATIONS:
            values.append(_OPERATIONS[node.kind](*inputs))
        else:
            original = _layer(model, node)
            layer = _copy(original, node, trainable=stage > frozen_stages)
            values.append(layer(inputs[0] if len(inputs) == 1 else inputs))
            layer.set_weights(original.get_weights())
            if isinstance(layer, keras.layers.Normalization):
                layer.finalize_state()  # it computes with copies of its weights
    return values[-1]


@lru_cache(maxsize=1)
def _load(file: Path) -> keras.Model:
    """Loads a frozen file, which never changes, once for each process."""
    try:
        return keras.saving.load_model(file, compile=False, safe_mode=True)
    except Exception as error:  # Keras raises anything on a damaged file
        text = " ".join(str(error).split())
        raise UserError(f"space.weights: {file}: Keras cannot load it: {text}") from error


def _layer(model: keras.Model, node: Node) -> keras.Layer:
    layer: keras.Layer = model
    for name in node.path:
        layer = layer.get_layer(name)
    return layer


def _copy(layer: keras.Layer, node: Node, *, trainable: bool) -> keras.Layer:
    """Returns a layer with random weights, as the same one may be in models of earlier trials.

    It computes in the current dtype policy, and in float32 if it prepares pixels.
    """
    trainable = trainable and not isinstance(layer, _NORM)
    policy = "float32" if isinstance(layer, _PIXELS) else keras.config.dtype_policy().name
    settings = {"name": f"backbone_{node.name}", "trainable": trainable, "dtype": policy}
    return type(layer).from_config({**layer.get_config(), **settings})

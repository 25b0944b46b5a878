"""A backbone: the part of a saved model that computes a feature map, in stages. No Keras."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from kubenas.errors import UserError
from kubenas.spaces.shapes import Map
from kubenas.spaces.transfer.keras_file import INPUT, Node, read_nodes
from kubenas.spaces.transfer.layer_costs import layer_cost
from kubenas.spaces.transfer.layer_shapes import (
    GLOBAL_POOLS,
    Shape,
    is_strided,
    output_shape,
)

_FLATTENS = GLOBAL_POOLS | {"Flatten"}
_AMPLE_SIDE = 512
"""Side of an image that is large enough for any backbone, in pixels."""


@dataclass(frozen=True)
class Backbone:
    """Nodes from the image, which is the first one, to the feature map, which is the last one."""

    nodes: tuple[Node, ...]
    channels: int
    """Channels of the images that it takes."""
    stages: tuple[int, ...]
    """Stage of each node, from 1; 0 before the first weights. It never decreases along an edge."""

    @property
    def depth(self) -> int:
        """The number of stages."""
        return max(self.stages)

    def output(self, side: int) -> Map:
        """Returns the shape of the feature map of square images.

        Raises:
            UserError: the images are too small.
        """
        return _as_map(self._shapes(side)[-1])

    def cost(self, side: int) -> tuple[int, int]:
        """Returns weights and floating-point operations for a square image.

        Raises:
            UserError: the image is too small.
        """
        return _cost(self.nodes, self._shapes(side))

    def accepts(self, side: int) -> bool:
        """Returns whether square images of this size are large enough."""
        try:
            self._shapes(side)
        except UserError:
            return False
        return True

    def _shapes(self, side: int) -> list[Shape]:
        return _shapes(self.nodes, (side, side, self.channels))


def read_backbone(path: Path, *, output_layer: str = "") -> Backbone:
    """Returns the backbone in the file ``path``.

    Args:
        path: a model that Keras saved (.keras).
        output_layer: name of the layer whose output is the feature map; empty: the last one before
            the classifier, which begins with a global pooling or a Flatten.

    Raises:
        UserError: the file cannot be read, has a layer that is not supported, or has no map.
    """
    nodes = read_nodes(path)
    try:
        nodes = _ancestors(nodes, _output(nodes, output_layer))
        channels = _channels(nodes)
        _as_map(_shapes(nodes, (_AMPLE_SIDE, _AMPLE_SIDE, channels))[-1])
        return Backbone(nodes, channels, _stages(nodes, channels))
    except UserError as error:
        raise UserError(f"{path}: {error}") from error
    except (KeyError, IndexError, TypeError, ValueError, ArithmeticError) as error:
        raise UserError(f"{path}: a layer has settings that are not valid: {error!r}") from error


def _output(nodes: Sequence[Node], named: str) -> int:
    """Returns the index of the node that computes the feature map."""
    if named:
        found = [index for index, node in enumerate(nodes) if named in {node.name, node.path[-1]}]
        if len(found) != 1:
            raise UserError(f"space.options.output_layer: it has {len(found)} layers '{named}'")
        return found[0]
    output = index = len(nodes) - 1
    while len(nodes[index].inputs) == 1:
        before = int(nodes[index].inputs[0])
        if nodes[index].kind in _FLATTENS:
            output = before
        index = before
    return output


def _ancestors(nodes: Sequence[Node], output: int) -> tuple[Node, ...]:
    """Returns the nodes that the node ``output`` needs, and that one."""
    needed, pending = set[int](), [output]
    while pending:
        index = pending.pop()
        if index not in needed:
            needed.add(index)
            pending += [each for each in nodes[index].inputs if isinstance(each, int)]
    place = {index: number for number, index in enumerate(sorted(needed))}
    return tuple(
        replace(
            nodes[index],
            inputs=tuple(
                place[each] if isinstance(each, int) else each for each in nodes[index].inputs
            ),
        )
        for index in sorted(needed)
    )


def _channels(nodes: Sequence[Node]) -> int:
    shape = nodes[0].settings.get("batch_shape") if nodes[0].kind == INPUT else None
    if not shape or len(shape) != 4 or not shape[3]:
        raise UserError("it has no input of images with a known number of channels")
    return int(shape[3])


def _shapes(nodes: Sequence[Node], image: Map) -> list[Shape]:
    shapes: list[Shape] = []
    for node in nodes:
        inputs = _inputs(node, shapes)
        shapes.append(image if node.kind == INPUT else output_shape(node, inputs))
    return shapes


def _cost(nodes: Sequence[Node], shapes: Sequence[Shape]) -> tuple[int, int]:
    costs = [
        layer_cost(node, _inputs(node, shapes), shape)
        for node, shape in zip(nodes, shapes, strict=True)
    ]
    return sum(weights for weights, _ in costs), sum(work for _, work in costs)


def _stages(nodes: Sequence[Node], channels: int) -> tuple[int, ...]:
    """Counts the stages: a strided layer begins one, if there are weights before it."""
    shapes = _shapes(nodes, (_AMPLE_SIDE, _AMPLE_SIDE, channels))
    halvings: list[int] = []
    weighted = set[int]()
    for node, shape in zip(nodes, shapes, strict=True):
        before = max((halvings[each] for each in node.inputs if isinstance(each, int)), default=0)
        halvings.append(before + is_strided(node))
        if layer_cost(node, _inputs(node, shapes), shape)[0]:
            weighted.add(halvings[-1])
    return tuple(sum(each <= count for each in weighted) for count in halvings)


def _inputs(node: Node, shapes: Sequence[Shape]) -> list[Shape]:
    return [shapes[each] for each in node.inputs if isinstance(each, int)]


def _as_map(shape: Shape) -> Map:
    if len(shape) != 3:
        raise UserError(
            f"its output has the shape {shape}, which is no feature map; name a layer with one as"
            " space.options.output_layer"
        )
    return shape[0], shape[1], shape[2]

"""Networks of repeated cells for images."""

import keras
import keras_tuner

from kubenas.spaces.cell.darts import cell as darts
from kubenas.spaces.cell.model import build_features
from kubenas.spaces.cell.nasbench201 import cell as nasbench201
from kubenas.spaces.cell.network import Network, build_body, network_of
from kubenas.spaces.image_hypermodel import ImageHyperModel
from kubenas.spaces.options import CellOptions

_DEFAULT_OPERATION = "nor_conv_3x3"


class CellHyperModel(ImageHyperModel[CellOptions, Network]):
    """Stages of equal cells, whose operations are searched."""

    def choose_network(self, hp: keras_tuner.HyperParameters) -> Network:
        if self.options.kind == "darts":
            _declare_darts(hp, self.options.nodes)
        else:
            _declare_nasbench201(hp)
        return network_of(hp.values, self.options)

    def features(self, image: keras.KerasTensor, network: Network) -> keras.KerasTensor:
        return build_features(image, build_body(network, self.input_shape))


def _declare_nasbench201(hp: keras_tuner.HyperParameters) -> None:
    operations = list(nasbench201.OPERATIONS)
    for edge in nasbench201.EDGES:
        hp.Choice(nasbench201.edge_name(edge), operations, default=_DEFAULT_OPERATION)


def _declare_darts(hp: keras_tuner.HyperParameters, nodes: int) -> None:
    operations = list(darts.OPERATIONS)
    for cell in darts.CELLS:
        for name, node in darts.node_names(cell, nodes):
            if node > darts.INPUTS:
                hp.Choice(f"{name}/inputs", darts.input_pairs(node))
            hp.Choice(f"{name}/operation_1", operations)
            hp.Choice(f"{name}/operation_2", operations)

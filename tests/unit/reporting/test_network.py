import itertools
import re
import time
from typing import Any
from xml.etree import ElementTree as ET

from hypothesis import given, settings
from hypothesis import strategies as st

from kubenas.reporting.network.drawing import draw_network
from kubenas.reporting.network.graph import build_boxes
from kubenas.reporting.network.layout import BOX_HEIGHT, BOX_WIDTH, layout_graph

from .networks import branching_network, layer

SVG = "{http://www.w3.org/2000/svg}"


@st.composite
def graphs(draw: st.DrawFn) -> dict[str, list[str]]:
    """Strategy for graphs in which every node has up to three inputs."""
    graph: dict[str, list[str]] = {}
    for number in range(draw(st.integers(1, 14))):
        inputs = (
            draw(st.lists(st.sampled_from(sorted(graph)), max_size=3, unique=True)) if graph else []
        )
        graph[f"n{number:02d}"] = inputs
    return graph


def drawing_of(architecture: dict[str, Any]) -> ET.Element:
    markup = draw_network(architecture)
    assert markup is not None
    return ET.fromstring(markup)


@settings(max_examples=40)
@given(graphs())
def test_boxes_never_overlap_and_every_edge_leads_down(graph) -> None:
    plan = layout_graph(graph)
    assert list(plan.centres) == list(graph)
    for (ax, ay), (bx, by) in itertools.combinations(plan.centres.values(), 2):
        assert abs(ax - bx) >= BOX_WIDTH - 1e-6 or abs(ay - by) >= BOX_HEIGHT
    joined = {(edge[0], edge[-1]) for edge in plan.edges}
    wanted = {(plan.centres[s], plan.centres[n]) for n, sources in graph.items() for s in sources}
    assert joined == wanted
    for edge in plan.edges:
        assert [y for _, y in edge] == sorted({y for _, y in edge})
    for x, y in plan.centres.values():
        assert BOX_WIDTH / 2 - 1e-6 <= x <= plan.width - BOX_WIDTH / 2 + 1e-6
        assert BOX_HEIGHT / 2 <= y <= plan.height - BOX_HEIGHT / 2 + 1e-6


@settings(max_examples=40)
@given(graphs())
def test_a_lane_passes_between_boxes_not_through_them(graph) -> None:
    plan = layout_graph(graph)
    for edge in plan.edges:
        for x, y in edge[1:-1]:
            for bx, by in plan.centres.values():
                assert by != y or abs(bx - x) > BOX_WIDTH / 2


@settings(max_examples=40)
@given(graphs())
def test_there_is_a_box_for_each_layer_and_a_curve_for_each_input(graph) -> None:
    drawing = drawing_of({"layers": [layer(n, "Conv2D", s) for n, s in graph.items()]})
    edges = [p for p in drawing.iter("path") if p.get("class") == "edge"]
    rects = list(drawing.iter("rect"))
    assert len(rects) == len(graph)
    # Where no layer names its input, they are taken for a chain.
    known = sum(map(len, graph.values()))
    assert len(edges) == (known or len(graph) - 1)
    ends = {_end(edge.get("d", "")) for edge in edges}
    tops = {(_middle(r), float(r.get("y", "0"))) for r in rects}
    assert all(any(abs(x - a) < 0.2 and abs(y - b) < 0.2 for a, b in tops) for x, y in ends)


def _end(d: str) -> tuple[float, float]:
    *_, x, y = re.findall(r"-?[\d.]+", d)
    return float(x), float(y)


def _middle(rect: ET.Element) -> float:
    return float(rect.get("x", "0")) + BOX_WIDTH / 2


def test_small_layers_are_folded_into_the_preceding_box() -> None:
    found = {box.name: box for box in build_boxes(branching_network())}
    assert found["b1_conv"].extras == ("batch norm", "relu")
    assert found["b1_conv"].parameters == 2_320 + 64
    assert found["pool"].extras == ("dropout 0.25",)
    assert found["b1_add"].inbound == ("b1_conv2", "image")
    assert found["join"].inbound == ("branch_1", "branch_3", "branch_5")
    assert "b1_bn" not in found


def test_layer_with_a_shared_input_keeps_its_own_box() -> None:
    layers = [
        layer("a", "Conv2D"),
        layer("relu", "ReLU", ["a"]),
        layer("add", "Add", ["a", "relu"]),
    ]
    assert [box.inbound for box in build_boxes({"layers": layers})] == [(), ("a",), ("a", "relu")]


def test_folding_keeps_the_number_of_weights() -> None:
    architecture = branching_network()
    weights = sum(each["parameters"] for each in architecture["layers"])
    assert sum(box.parameters for box in build_boxes(architecture)) == weights


def test_boxes_describe_their_layers() -> None:
    titles = {
        box.name: (box.title, box.shape, box.kind) for box in build_boxes(branching_network())
    }
    assert titles["branch_5"] == ("Conv 16 5\u00d75", "28\u00d728\u00d716", "conv")
    assert titles["image"] == ("Input", "28\u00d728\u00d71", "input")
    assert titles["probabilities"] == ("Dense 10", "10", "dense")
    strided = layer("s", "Conv2D", filters=8, kernel_size=[3, 3], strides=[2, 2])
    assert build_boxes({"layers": [strided]})[0].title == "Conv 8 3\u00d73 /2"


def test_layers_of_plain_python_models_are_a_chain_even_without_shapes() -> None:
    layers = [
        {
            "name": n,
            "class": "MyLayer",
            "output_shape": None,
            "parameters": None,
            "inbound": [],
            "config": {},
        }
        for n in "abc"
    ]
    assert [box.inbound for box in build_boxes({"layers": layers})] == [(), ("a",), ("b",)]
    assert len(list(drawing_of({"layers": layers}).iter("rect"))) == 3


def test_user_names_are_escaped() -> None:
    drawing = drawing_of({"layers": [layer("<script>", "<b>&")]})
    assert any("<script>" in (title.text or "") for title in drawing.iter("title"))


def test_edges_to_unknown_layers_are_dropped() -> None:
    (box,) = build_boxes({"layers": [layer("a", "Add", ["nowhere"])]})
    assert box.inbound == ()


def test_no_layers_no_drawing() -> None:
    assert draw_network({"layers": []}) is None
    assert draw_network({}) is None


def test_sequential_path_is_straight_despite_shortcuts() -> None:
    graph = {box.name: box.inbound for box in build_boxes(branching_network())}
    plan = layout_graph(graph)
    spine = [x for name, (x, _) in plan.centres.items() if name not in ("branch_1", "branch_5")]
    assert max(spine) - min(spine) < 20


def test_deep_network_is_drawn_fast() -> None:
    layers, at = [layer("in", "InputLayer")], "in"
    for number in range(80):
        layers += [
            layer(f"c{number}", "Conv2D", [at]),
            layer(f"d{number}", "Conv2D", [f"c{number}"]),
            layer(f"add{number}", "Add", [at, f"d{number}"]),
        ]
        at = f"add{number}"
    started = time.process_time()
    assert len(list(drawing_of({"layers": layers}).iter("rect"))) == 241
    assert time.process_time() - started < 5

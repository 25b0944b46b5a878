"""The published strings of NAS-Bench-201's cells."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kubenas.spaces.cell import architecture_of_values, values_of_architecture
from kubenas.spaces.cell.nasbench201.cell import EDGES, OPERATIONS, edge_name

PUBLISHED = "|nor_conv_3x3~0|+|none~0|skip_connect~1|+|avg_pool_3x3~0|nor_conv_1x1~1|none~2|"


def test_a_published_string_names_the_operation_of_each_edge() -> None:
    assert values_of_architecture(PUBLISHED) == {
        "edge_0_1": "nor_conv_3x3",
        "edge_0_2": "none",
        "edge_1_2": "skip_connect",
        "edge_0_3": "avg_pool_3x3",
        "edge_1_3": "nor_conv_1x1",
        "edge_2_3": "none",
    }
    assert architecture_of_values(values_of_architecture(PUBLISHED)) == PUBLISHED


@given(st.fixed_dictionaries({edge_name(edge): st.sampled_from(OPERATIONS) for edge in EDGES}))
def test_values_return_from_their_string(values: dict[str, str]) -> None:
    text = architecture_of_values(values | {"optimizer": "sgd"})
    assert values_of_architecture(text) == values


@pytest.mark.parametrize(
    "text",
    [
        "",
        PUBLISHED + "\n",
        PUBLISHED.replace("none", "zero"),
        PUBLISHED.replace("skip_connect~1", "skip_connect~0"),
        PUBLISHED.rpartition("+")[0],
    ],
)
def test_another_string_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not an architecture of NAS-Bench-201"):
        values_of_architecture(text)

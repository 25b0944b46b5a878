"""Loading of search.yaml and its error messages."""

from pathlib import Path

import pytest

from kubenas.config import Config
from kubenas.config.loading import load_config
from kubenas.errors import UserError

MINIMAL = "name: n\noutput: out\ndata: {source: digits}\n"


def load(tmp_path: Path, text: str) -> Config:
    file = tmp_path / "search.yaml"
    file.write_text(text)
    return load_config(file)


def refusal(tmp_path: Path, text: str) -> str:
    with pytest.raises(UserError) as caught:
        load(tmp_path, text)
    message = str(caught.value)
    assert "\n" not in message
    assert "search.yaml" in message
    return message


def test_everything_else_has_a_default(tmp_path: Path) -> None:
    config = load(tmp_path, MINIMAL)
    assert config.search.oracle == "auto"
    assert config.training.epochs == 0
    assert config.runner.workers == 2


def test_json_round_trip(tmp_path: Path) -> None:
    config = load(tmp_path, MINIMAL + "search: {target_score: 0.9}\n")
    assert Config.from_json(config.to_json()) == config


def test_relative_paths_are_relative_to_the_file(tmp_path: Path) -> None:
    text = "name: n\noutput: ../out\ndata: {source: x.npz}\nspace: {hypermodel: 'm.py:M'}\n"
    config = load(tmp_path, text)
    assert config.output == str(tmp_path.parent / "out")
    assert config.data.source == str(tmp_path / "x.npz")
    assert config.space.hypermodel == f"{tmp_path / 'm.py'}:M"


def test_weights_are_relative_to_the_file_and_not_part_of_the_identity(tmp_path: Path) -> None:
    one, two, remote = (
        load(tmp_path, f"{MINIMAL}space: {{name: transfer, weights: '{weights}'}}\n")
        for weights in ("net.keras", "other/net.keras", "gs://b/net.keras")
    )
    assert one.space.weights == str(tmp_path / "net.keras")
    assert remote.space.weights == "gs://b/net.keras"
    assert one.identity() == two.identity() == remote.identity()


def test_the_default_number_of_trials_is_that_number(tmp_path: Path) -> None:
    default, explicit = (
        load(tmp_path, MINIMAL + more) for more in ("", "search: {max_trials: 24}")
    )
    assert default.identity() == explicit.identity()
    assert load(tmp_path, MINIMAL + "search: {max_trials: 25}").identity() != default.identity()


def test_the_evaluation_is_not_part_of_the_identity(tmp_path: Path) -> None:
    plain = load(tmp_path, MINIMAL)
    compared = load(tmp_path, f"{MINIMAL}evaluation: {{backbone: net.keras}}\n")
    assert compared.evaluation.backbone == str(tmp_path / "net.keras")
    assert plain.identity() == compared.identity()
    alone = f"{MINIMAL}evaluation: {{backbone_options: {{pixels: 0..1}}}}\n"
    assert "evaluation.backbone_options: require a 'backbone'" in refusal(tmp_path, alone)


def test_last_search_is_not_a_path(tmp_path: Path) -> None:
    config = load(tmp_path, MINIMAL + "search: {warm_start: [last, known.csv]}\n")
    assert config.search.warm_start == ("last", str(tmp_path / "known.csv"))


def test_uris_and_bundled_sets_are_unchanged(tmp_path: Path) -> None:
    config = load(tmp_path, "name: n\noutput: gs://b/o\ndata: {source: digits}\n")
    assert (config.output, config.data.source) == ("gs://b/o", "digits")


def test_runner_is_not_part_of_the_identity(tmp_path: Path) -> None:
    one = load(tmp_path, MINIMAL)
    two = load(tmp_path, MINIMAL + "runner: {workers: 7}\nsearch: {generation: 2}\n")
    three = load(tmp_path, MINIMAL + "training: {epochs: 9}\n")
    again = load(tmp_path, MINIMAL + "search: {reuse: last-best}\n")
    assert one.identity() == two.identity() == again.identity()
    assert one.identity() != three.identity()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "empty file"),
        ("- a\n- b\n", "a list"),
        ("name: [\n", "not valid YAML"),
        ("name: n\n", "output: this key is required"),
        (MINIMAL + "serach: {}\n", "did you mean 'search'"),
        (MINIMAL + "search: {max_trial: 3}\n", "did you mean 'max_trials'"),
        (MINIMAL + "search: {zzz: 3}\n", "allowed are baseline_share, direction"),
        (MINIMAL + "search: {max_trials: many}\n", "search.max_trials"),
        (MINIMAL + "search: {objective: val_brier}\n", "search.direction: set max or min"),
        (MINIMAL + "search: {max_trials: -1}\n", "greater than or equal to 0, got -1"),
        (MINIMAL + "search: {max_seconds: -5}\n", "greater than 0, got -5"),
        (MINIMAL + "search: {direction: up}\n", "'max' or 'min'"),
        (MINIMAL + "training: 5\n", "training"),
        (MINIMAL + "training: {epochs: 2.5}\n", "training.epochs"),
        (MINIMAL + "runner: {kind: slurm}\n", "'local'"),
        (MINIMAL + "space: {name: layers, hypermodel: 'a.py:B'}\n", "not both"),
        (MINIMAL + "space: {hypermodel: a.py}\n", "my_module.py:MyHyperModel"),
        ("name: N N\noutput: o\ndata: {source: digits}\n", "name"),
        ("name: n\noutput: ''\ndata: {source: digits}\n", "output"),
        ("name: n\noutput: o\ndata: {source: digits, test_fraction: 1}\n", "test_fraction"),
        (
            "name: n\noutput: o\n"
            "data: {source: digits, test_fraction: 0.5, validation_fraction: 0.5}\n",
            "leave at least",
        ),
        ("name: n\noutput: o\ndata: {source: digits, image_size: [8]}\n", "image_size"),
        ("name: n\noutput: o\ndata: {source: digits, image_size: [0, 8]}\n", "1 to 4096"),
    ],
)
def test_error_messages_suggest_a_fix(tmp_path: Path, text: str, words: str) -> None:
    assert words in refusal(tmp_path, text)


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no such file"):
        load_config(tmp_path / "none.yaml")


def test_a_binary_file(tmp_path: Path) -> None:
    (tmp_path / "b.yaml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UserError, match="text file"):
        load_config(tmp_path / "b.yaml")


def test_the_identity_of_images_is_that_of_earlier_versions() -> None:
    minimal = {"name": "a", "output": "o", "data": {"source": "digits"}}
    assert Config.model_validate(minimal).identity() == "710ae82e0047"
    task = {"source": "digits", "task": "image-classification"}
    assert Config.model_validate({**minimal, "data": task}).identity() == "710ae82e0047"
    columns = {"source": "digits", "target": "label"}
    assert Config.model_validate({**minimal, "data": columns}).identity() != "710ae82e0047"

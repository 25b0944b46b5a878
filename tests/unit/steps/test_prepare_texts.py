"""The first step with texts: what contradicts them is one line with a remedy."""

import json
from pathlib import Path
from typing import Any

import pytest

from kubenas.config import Config, parse_config
from kubenas.data.dataset.schema import read_schema
from kubenas.errors import UserError
from kubenas.steps.prepare import prepare
from kubenas.storage import open_storage
from tests.unit.spaces.transfer.backbones import write_backbone


@pytest.fixture
def texts(tmp_path: Path) -> Path:
    path = tmp_path / "texts.jsonl"
    rows = [
        {"text": f"{'good' if number % 2 else 'bad'} film number{number}", "label": number % 2}
        for number in range(80)
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def config_of(source: Path | str, output: Path, **sections: Any) -> Config:
    data = {"source": str(source), **sections.pop("data", {})}
    content = {"name": "n", "output": str(output / "out"), "data": data, **sections}
    return parse_config(content, origin="test")


def refusal(source: Path | str, output: Path, **sections: Any) -> str:
    config = config_of(source, output, **sections)
    with pytest.raises(SystemExit) as raised:
        prepare(config)
    error = raised.value.__context__
    assert isinstance(error, UserError)
    assert not (output / "out/config.json").exists()
    message = str(error)
    assert "\n" not in message
    return message


def test_texts_get_the_space_for_texts(texts: Path, tmp_path: Path) -> None:
    context = prepare(config_of(texts, tmp_path, data={"task": "text-classification"}))
    assert context.config.space.name == "text"
    schema = read_schema(open_storage(context.dataset))
    assert (schema.kind, schema.shape, schema.input_shape) == ("text", (8,), ())
    assert prepare(config_of(texts, tmp_path)).search_id == context.search_id


def test_the_task_must_be_that_of_the_source(texts: Path, tmp_path: Path) -> None:
    image, text = "image-classification", "text-classification"
    assert refusal(texts, tmp_path, data={"task": image}) == (
        f"data.task: {image}, but texts.jsonl is for {text}; remove data.task or correct"
        " data.source"
    )
    assert f"but digits is for {image}" in refusal("digits", tmp_path, data={"task": text})


@pytest.mark.parametrize("space", ["layers", "residual", "mobile", "cell"])
def test_spaces_for_images_are_refused(texts: Path, tmp_path: Path, space: str) -> None:
    assert refusal(texts, tmp_path, space={"name": space}) == (
        f"space.name: '{space}' is for images, the data are texts; leave space.name empty"
    )


def test_the_space_for_texts_is_refused_for_images(tmp_path: Path) -> None:
    assert refusal("digits", tmp_path, space={"name": "text"}) == (
        "space.name: 'text' is for texts, the data are images; leave space.name empty"
    )


def test_pretrained_networks_for_images_are_refused(texts: Path, tmp_path: Path) -> None:
    file = write_backbone(tmp_path / "net.keras")
    searched = refusal(texts, tmp_path, space={"name": "transfer", "weights": file})
    assert "'transfer' is for images, the data are texts" in searched
    compared = refusal(texts, tmp_path, evaluation={"backbone": file})
    assert compared == (
        "evaluation.backbone: 'transfer' is for images, the data are texts; leave"
        " evaluation.backbone empty"
    )


def test_a_size_of_images_is_refused(texts: Path, tmp_path: Path) -> None:
    message = refusal(texts, tmp_path, data={"image_size": [32, 32]})
    assert message.endswith("data.image_size is for images, but these are texts; remove it")


def test_texts_of_punctuation_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "texts.csv"
    rows = [f"{'?' * number},{number % 2}" for number in range(1, 60)]
    path.write_text("\n".join(["text,label", *rows]) + "\n")
    assert "the training texts have no words" in refusal(path, tmp_path)


def test_half_a_character_is_refused_with_its_row(tmp_path: Path) -> None:
    path = tmp_path / "texts.jsonl"
    rows = [f'{{"text": "word{number}", "label": {number % 2}}}' for number in range(60)]
    rows[41] = rows[41].replace("word41", "word \\ud800")
    path.write_text("\n".join(rows))
    message = refusal(path, tmp_path)
    assert "row 42 has a text that is not valid Unicode: '\\ud800' is half of a" in message

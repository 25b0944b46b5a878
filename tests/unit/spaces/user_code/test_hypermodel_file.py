"""Loading of a user's HyperModel: arguments and error messages."""

import sys
from pathlib import Path

import keras
import keras_tuner
import pytest

from kubenas.errors import UserError
from kubenas.spaces.registry import load_hypermodel
from kubenas.trial import SpaceRef

HEADER = "import keras_tuner\nclass Mine(keras_tuner.HyperModel):\n"


def load(folder: Path, text: str, name: str = "Mine", **ref: str) -> keras_tuner.HyperModel:
    file = folder / "mine.py"
    file.write_text(text)
    space = SpaceRef(hypermodel=f"{file}:{name}", **ref)
    return load_hypermodel(space, input_shape=(8, 8, 1), num_classes=10)


def refused(folder: Path, text: str, name: str = "Mine", **ref: str) -> str:
    with pytest.raises(UserError) as caught:
        load(folder, text, name, **ref)
    message = str(caught.value)
    assert "\n" not in message
    return message


def test_the_constructor_gets_the_arguments_that_it_declares(tmp_path: Path) -> None:
    text = HEADER + "  def __init__(self, num_classes):\n    self.got = num_classes\n"
    assert load(tmp_path, text).got == 10
    text = (
        HEADER + "  def __init__(self, *, input_shape, num_classes, width=3):\n"
        "    super().__init__()\n    self.got = (input_shape, num_classes, width)\n"
    )
    assert load(tmp_path, text).got == ((8, 8, 1), 10, 3)


def test_for_texts_it_gets_the_size_of_the_vocabulary(tmp_path: Path) -> None:
    text = "def build(hp, input_shape, vocabulary_size=None): return input_shape, vocabulary_size\n"
    assert load(tmp_path, text, "build").build("hp") == ((8, 8, 1), None)
    space = SpaceRef(hypermodel=f"{tmp_path / 'mine.py'}:build")
    texts = load_hypermodel(space, input_shape=(64,), num_classes=2, vocabulary_size=900)
    assert texts.build("hp") == ((64,), 900)


def test_a_class_without_a_constructor_is_made_without_arguments(tmp_path: Path) -> None:
    assert load(tmp_path, HEADER + "  def build(self, hp): ...\n").name is None


def test_an_instance_is_taken_as_it_is(tmp_path: Path) -> None:
    text = HEADER + "  def __init__(self, width): self.width = width\nmine = Mine(7)\n"
    assert load(tmp_path, text, "mine").width == 7


FUNCTION = """
import keras
def build_model(hp{more}):
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(hp.Int("units", 3, 9))])
    model.compile("sgd", "mse")
    return model
"""


def test_a_function_is_wrapped_as_in_keras_tuner(tmp_path: Path) -> None:
    ours = load(tmp_path, FUNCTION.format(more=""), "build_model")
    function = sys.modules["mine"].build_model
    theirs = keras_tuner.RandomSearch(function, "val_loss", directory=tmp_path).hypermodel
    built = []
    for hypermodel in (ours, theirs):
        assert isinstance(hypermodel, keras_tuner.HyperModel)
        hp = keras_tuner.HyperParameters()
        built.append((hypermodel.build(hp).count_params(), hp.get_config()))
    assert built[0] == built[1]


def test_a_function_gets_the_arguments_that_it_declares(tmp_path: Path) -> None:
    text = "def build(hp, num_classes, *, width=2): return (hp, num_classes, width)\n"
    assert load(tmp_path, text, "build").build("hp") == ("hp", 10, 2)


def test_a_changed_file_is_loaded_anew(tmp_path: Path) -> None:
    assert load(tmp_path, HEADER + "  answer = 1\n").answer == 1
    assert load(tmp_path, HEADER + "  answer = 22\n").answer == 22


def test_siblings_are_imported_and_import_back_the_same_classes(tmp_path: Path) -> None:
    (tmp_path / "blocks").mkdir()
    (tmp_path / "blocks/__init__.py").write_text("from .deep import answer\n")
    (tmp_path / "blocks/deep.py").write_text("answer = 7\n")
    (tmp_path / "later.py").write_text("def mine():\n  import mine\n  return mine.Mine\n")
    text = "import blocks, later\n" + HEADER + "  answer, later = blocks.answer, later.mine\n"
    loaded = load(tmp_path, text)
    assert loaded.answer == 7
    assert type(loaded).later() is type(loaded)


def test_two_folders_do_not_see_each_others_modules(tmp_path: Path) -> None:
    text = "from blocks import answer as got\n" + HEADER + "  answer = got\n"
    for answer in (1, 2, 1):
        folder = tmp_path / str(answer)
        folder.mkdir(exist_ok=True)
        (folder / "blocks.py").write_text(f"answer = {answer}\n")
        assert load(folder, text).answer == answer
    (tmp_path / "alone").mkdir()
    assert "No module named 'blocks'" in refused(tmp_path / "alone", text)


def test_the_file_can_be_read_through_its_own_name(tmp_path: Path) -> None:
    (tmp_path / "vocab.txt").write_text("7")
    text = "from pathlib import Path\n" + HEADER
    text += "  answer = Path(__file__).with_name('vocab.txt').read_text()\n"
    assert load(tmp_path, text).answer == "7"


def test_nothing_is_written_beside_it(tmp_path: Path) -> None:
    (tmp_path / "blocks.py").write_text("")
    load(tmp_path, "import blocks\n" + HEADER + "  pass\n")
    assert {path.name for path in tmp_path.iterdir()} == {"blocks.py", "mine.py"}


def test_an_import_error_names_the_line_and_what_to_do(tmp_path: Path) -> None:
    message = refused(tmp_path, "import os\nimport not_there_at_all\n" + HEADER + "  pass\n")
    assert "mine.py, line 2: importing it raised ModuleNotFoundError" in message
    assert "kubenas/trainer:" in message
    assert "space.files" in message


def test_a_mistake_in_a_sibling_names_the_sibling(tmp_path: Path) -> None:
    (tmp_path / "blocks.py").write_text("def f():\n  return 1 / 0\n")
    message = refused(tmp_path, "import blocks\nblocks.f()\n" + HEADER + "  pass\n")
    assert "blocks.py, line 2: importing it raised ZeroDivisionError" in message


def test_a_failing_constructor_names_the_line(tmp_path: Path) -> None:
    text = HEADER + "  def __init__(self):\n    raise KeyError('depth')\n"
    assert "mine.py, line 4: Mine() raised KeyError: 'depth'" in refused(tmp_path, text)


def test_an_object_that_is_not_a_hypermodel_is_refused(tmp_path: Path) -> None:
    message = refused(tmp_path, "class Mine: ...\n")
    assert "mine.py: Mine is not a subclass of keras_tuner.HyperModel" in message
    assert "neither a keras_tuner.HyperModel nor a function" in refused(tmp_path, "Mine = 3\n")


def test_a_module_with_the_name_of_an_installed_package_is_refused(tmp_path: Path) -> None:
    (tmp_path / "keras.py").write_text("")
    message = refused(tmp_path, HEADER + "  pass\n")
    assert "keras.py would be imported instead of the installed package 'keras'" in message
    assert sys.modules["keras"] is keras


def test_missing_requirements_are_reported_before_user_code_runs(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("keras\nkubenas-no-such-package==1\n")
    message = refused(
        tmp_path, "raise SystemExit\n" + HEADER + "  pass\n", requirements="requirements.txt"
    )
    assert "requires kubenas-no-such-package==1 (not installed); install it" in message
    assert "runner.pod.image" in message

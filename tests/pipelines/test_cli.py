"""Commands that do not run a pipeline: help, lists and the package."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from click import Group
from click.testing import CliRunner

from kubenas.cli.main import kubenas
from kubenas.images import CONTROLLER_IMAGE
from pipelines.nas import PACKAGE


def test_help_needs_no_heavy_import() -> None:
    code = (
        "import sys\nfrom kubenas.cli.main import kubenas\n"
        "from click.testing import CliRunner\n"
        "assert CliRunner().invoke(kubenas, ['--help']).exit_code == 0\n"
        "heavy = {'tensorflow', 'keras', 'keras_tuner', 'kfp', 'numpy', 'pydantic', 'rich'}\n"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_compiling_needs_neither_tensorflow_nor_keras_tuner() -> None:
    code = (
        "import sys\nimport pipelines.nas\n"
        "heavy = {'tensorflow', 'keras', 'keras_tuner'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=PACKAGE.parent.parent)


def test_looking_at_an_output_waits_for_neither_tensorflow_nor_keras_tuner() -> None:
    code = (
        "import sys\nimport kubenas.cli.gc, kubenas.cli.status\n"
        "import kubenas.cli.report, kubenas.cli.doctor\n"
        "heavy = {'tensorflow', 'keras', 'keras_tuner'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_each_command_has_help() -> None:
    groups = {name: each for name, each in kubenas.commands.items() if isinstance(each, Group)}
    nested = [[name, verb] for name, group in groups.items() for verb in group.commands]
    for words in [*([name] for name in kubenas.commands.keys() - groups.keys()), *nested]:
        shown = CliRunner().invoke(kubenas, [*words, "--help"])
        assert shown.exit_code == 0
        assert "--json" in shown.output


@pytest.mark.parametrize(("command", "name"), [("spaces", "layers"), ("oracles", "bayesian")])
def test_lists_have_one_line_each(command: str, name: str) -> None:
    lines = CliRunner().invoke(kubenas, [command]).output.splitlines()
    listed = json.loads(CliRunner().invoke(kubenas, [command, "--json"]).output)[command]
    assert [line.split()[0] for line in lines] == [each["name"] for each in listed]
    assert name in {each["name"] for each in listed}


def test_compile_writes_the_shipped_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("KUBENAS_REGISTRY", raising=False)
    target = tmp_path / "nas.yaml"
    done = CliRunner().invoke(kubenas, ["compile", "-o", str(target), "--json"])
    assert done.exit_code == 0
    assert json.loads(done.output)["package"] == str(target)
    assert target.read_bytes() == PACKAGE.read_bytes()


def test_compile_names_the_image_that_a_cluster_must_be_able_to_pull(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "nas.yaml"
    monkeypatch.delenv("KUBENAS_REGISTRY", raising=False)
    said = CliRunner().invoke(kubenas, ["compile", "-o", str(target)]).output
    assert f"its steps run in {CONTROLLER_IMAGE}: a cluster must be able to pull" in said
    monkeypatch.setenv("KUBENAS_REGISTRY", "registry.example/team")
    said = CliRunner().invoke(kubenas, ["compile", "-o", str(target)]).output
    assert f"its steps run in registry.example/team/{CONTROLLER_IMAGE}\n" in said
    assert f"image: registry.example/team/{CONTROLLER_IMAGE}\n" in target.read_text()
    assert f"image: {CONTROLLER_IMAGE}\n" not in target.read_text()


def test_make_images_and_the_command_line_mean_the_same_registry(tmp_path: Path) -> None:
    said = subprocess.run(
        ["make", "--dry-run", "images"],
        cwd=Path(__file__).parents[2],
        env={**os.environ, "KUBENAS_REGISTRY": "registry.example/team/"},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert "name=registry.example/team/$image" in said


def test_an_unknown_command_is_the_users_mistake() -> None:
    assert CliRunner().invoke(kubenas, ["rum"]).exit_code == 2

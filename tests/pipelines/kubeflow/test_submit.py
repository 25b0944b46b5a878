"""``kubenas submit`` with the real kfp client against a server that speaks its API over HTTP.

What runs do is not tested here: they run nothing.
"""

from pathlib import Path

import pytest

from kubenas.cli.package import package_text
from kubenas.config.form import to_form
from kubenas.config.loading import load_config
from kubenas.images import CONTROLLER_IMAGE, in_registry
from kubenas.steps.setup.config_lock import lock_config
from kubenas.steps.setup.form_config import config_from_form
from kubenas.steps.setup.frozen_space import freeze_space
from kubenas.storage import open_storage
from tests.pipelines.kubeflow.conftest import REGISTRY, Kubenas, answer, write_yaml
from tests.pipelines.kubeflow.server import KubeflowPipelines

CREATE_RUN = "POST /apis/v2beta1/runs"


def test_twice_is_one_version_and_two_runs_with_the_configs_values(
    run: Kubenas, pipelines: KubeflowPipelines, search_yaml: Path, host: str
) -> None:
    first, second = (answer(run("submit", search_yaml, "--json")) for _ in range(2))
    assert (first["uploaded"], second["uploaded"]) == (True, False)
    (version,) = pipelines.versions
    assert pipelines.packages[version["pipeline_version_id"]] == package_text(
        in_registry(CONTROLLER_IMAGE, REGISTRY)
    )
    assert [each["display_name"] for each in pipelines.experiments] == ["fashion"]
    assert [each["run_id"] for each in pipelines.runs] == [first["run"], second["run"]]
    assert first["url"] == f"{host}/#/runs/details/{first['run']}"
    for made in pipelines.runs:
        assert made["runtime_config"]["parameters"] == to_form(load_config(search_yaml))
        assert made["pipeline_version_reference"] == {
            "pipeline_id": version["pipeline_id"],
            "pipeline_version_id": version["pipeline_version_id"],
        }


def test_another_content_is_another_version(
    run: Kubenas, pipelines: KubeflowPipelines, search_yaml: Path
) -> None:
    run("submit", search_yaml)
    said = run("submit", search_yaml, "--image", "registry.example/team/nas:7").stdout
    assert len(pipelines.pipelines) == 1
    one, other = (each["name"] for each in pipelines.versions)
    assert one != other
    assert other in said
    latest = pipelines.packages[pipelines.versions[1]["pipeline_version_id"]]
    assert "registry.example/team/nas:7" in latest


def test_what_the_options_say_is_in_the_run(
    run: Kubenas, pipelines: KubeflowPipelines, search_yaml: Path
) -> None:
    pipelines.multi_user = True
    options = {
        "--experiment": "shoes",
        "--pipeline-root": "gs://bucket/root",
        "--service-account": "nas",
        "--namespace": "team",
    }
    done = run("submit", search_yaml, *(part for pair in options.items() for part in pair))
    assert done.exit_code == 0, done.stderr
    (made,) = pipelines.runs
    assert made["service_account"] == "nas"
    assert made["runtime_config"]["pipeline_root"] == "gs://bucket/root"
    assert pipelines.experiments[0]["display_name"] == "shoes"
    assert {each["namespace"] for each in (*pipelines.experiments, *pipelines.pipelines)} == {
        "team"
    }


def test_what_others_create_meanwhile_is_taken(
    run: Kubenas, pipelines: KubeflowPipelines, search_yaml: Path
) -> None:
    for path in ("pipelines", "pipelines/upload_version", "experiments"):
        pipelines.fail_after[f"POST /apis/v2beta1/{path}"] = [409]
    done = run("submit", search_yaml)
    assert done.exit_code == 0, done.stderr
    assert len(pipelines.versions) == len(pipelines.runs) == 1


def test_a_run_that_was_created_though_the_server_failed_is_not_created_again(
    run: Kubenas, pipelines: KubeflowPipelines, search_yaml: Path
) -> None:
    pipelines.fail_after[CREATE_RUN] = [500]
    done = run("submit", search_yaml, "--json")
    assert done.exit_code == 0, done.stderr
    assert [each["run_id"] for each in pipelines.runs] == [answer(done)["run"]]


@pytest.mark.parametrize(
    ("status", "exit_code", "hint"),
    [
        (401, 2, "KF_PIPELINES_TOKEN"),
        (403, 2, "--namespace"),
        (404, 2, "if this URL is not the API"),
        (409, 1, "run the same command again"),
        (500, 1, "ml-pipeline"),
        (503, 1, "busy"),
    ],
)
def test_a_refusal_is_one_line_that_says_what_to_do(
    run: Kubenas,
    pipelines: KubeflowPipelines,
    search_yaml: Path,
    status: int,
    exit_code: int,
    hint: str,
) -> None:
    pipelines.fail[CREATE_RUN] = [status]
    done = run("submit", search_yaml)
    assert done.exit_code == exit_code
    (line,) = done.stderr.splitlines()
    assert line.startswith("kubenas: http://localhost:")
    assert "creating the run" in line
    assert hint in line
    assert pipelines.runs == []


def test_users_apart_need_a_namespace(
    run: Kubenas, pipelines: KubeflowPipelines, search_yaml: Path
) -> None:
    pipelines.multi_user = True
    done = run("submit", search_yaml)
    assert (done.exit_code, "--namespace" in done.stderr) == (2, True)


@pytest.mark.parametrize(
    ("changed", "key"),
    [
        ({"output": "runs/fashion"}, "output"),
        ({"data": {"source": "fashion.npz"}}, "data.source"),
        ({"search": {"warm_start": ["runs/old"]}}, "search.warm_start"),
    ],
)
def test_what_pods_cannot_reach_is_refused_before_the_server_is_asked(
    run: Kubenas, pipelines: KubeflowPipelines, tmp_path: Path, changed: dict, key: str
) -> None:
    content = {"name": "a", "output": "gs://bucket/a", "data": {"source": "digits"}, **changed}
    done = run("submit", write_yaml(tmp_path / "search.yaml", content))
    assert done.exit_code == 2
    assert f"search.yaml: {key}: " in done.stderr
    assert "gs://" in done.stderr
    assert pipelines.asked == []


def test_without_a_registry_nothing_is_asked_of_the_server(
    run: Kubenas, pipelines: KubeflowPipelines, search_yaml: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("KUBENAS_REGISTRY")
    done = run("submit", search_yaml)
    assert done.exit_code == 2
    (line,) = done.stderr.splitlines()
    assert "set KUBENAS_REGISTRY to the registry of 'make images'" in line
    assert "or set --image" in line
    monkeypatch.setenv("KUBENAS_REGISTRY", "https://registry.example")
    assert (
        "KUBENAS_REGISTRY: 'https://registry.example' is not" in run("submit", search_yaml).stderr
    )
    assert pipelines.asked == []
    assert run("submit", search_yaml, "--image", CONTROLLER_IMAGE).exit_code == 0


def test_an_output_of_another_config_is_told_before_the_server_is_asked(
    run: Kubenas, pipelines: KubeflowPipelines, tmp_path: Path, bucket: str
) -> None:
    content = {"name": "a", "output": f"{bucket}/claimed", "data": {"source": "digits"}}
    file = write_yaml(tmp_path / "search.yaml", content)
    lock_config(load_config(file), open_storage(content["output"]))
    assert run("submit", file).exit_code == 0
    asked = len(pipelines.asked)
    done = run("submit", write_yaml(file, {**content, "search": {"max_trials": 99}}))
    assert (done.exit_code, "belongs to another config" in done.stderr) == (2, True)
    assert len(done.stderr.splitlines()) == 1
    assert len(pipelines.asked) == asked


def test_an_output_that_cannot_be_read_from_here_is_said_not_to_be_checked(
    run: Kubenas, search_yaml: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("STORAGE_EMULATOR_HOST", raising=False)
    done = run("submit", search_yaml)
    assert done.exit_code == 0, done.stderr
    assert "the output cannot be checked before the run: gs://bucket" in done.stdout


def hypermodel_yaml(folder: Path, output: str) -> Path:
    content = {
        "name": "mine",
        "output": output,
        "data": {"source": "digits"},
        "space": {"hypermodel": "mine.py:Mine"},
    }
    return write_yaml(folder / "search.yaml", content)


def test_a_hypermodels_files_go_to_the_output_by_digest_where_the_first_step_freezes_them(
    run: Kubenas, pipelines: KubeflowPipelines, tmp_path: Path, bucket: str
) -> None:
    source = (Path(__file__).parents[3] / "examples/my_hypermodel.py").read_text()
    (tmp_path / "mine.py").write_text("import blocks\n" + source.replace("MyHyperModel", "Mine"))
    (tmp_path / "blocks.py").write_text("WORDS = 'words.txt'\n")
    (tmp_path / "words.txt").write_text("")
    (tmp_path / ".env").write_text("")
    file = hypermodel_yaml(tmp_path, f"{bucket}/mine")
    done = run("submit", file)
    assert done.exit_code == 0, done.stderr
    config = config_from_form(pipelines.runs[0]["runtime_config"]["parameters"])
    reference = config.space.hypermodel
    assert reference.startswith(f"{bucket}/mine/code/")
    assert reference.endswith("/mine.py:Mine")
    shipped = {info.name for info in open_storage(reference.rpartition("/")[0]).list()}
    assert shipped == {"blocks.py", "mine.py", "words.txt"}
    assert freeze_space(config).space.hypermodel == reference
    assert config.identity() == load_config(file).identity()

"""``kubenas schedule`` with the real kfp client against a server that speaks its API over HTTP."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml

from kubenas.cli.kubeflow.portable import check_portable
from kubenas.cli.kubeflow.schedule.file import Schedule, load_schedule, make_config
from kubenas.config.form import to_form
from kubenas.config.loading import load_config
from kubenas.images import CONTROLLER_IMAGE
from kubenas.steps.setup.config_lock import lock_config
from kubenas.storage import open_storage
from tests.pipelines.kubeflow.conftest import REGISTRY, Kubenas, answer, change, state
from tests.pipelines.kubeflow.server import KubeflowPipelines


def test_apply_makes_it_as_the_file_says_and_shows_when_it_runs(
    run: Kubenas, pipelines: KubeflowPipelines, schedule_yaml: Path
) -> None:
    change(schedule_yaml, parameters={"max_trials": 20, "data_image_size": [8, 8]})
    done = run("schedule", "apply", schedule_yaml)
    assert done.exit_code == 0, done.stderr
    (made,) = pipelines.recurring
    assert made["trigger"] == {"cron_schedule": {"cron": "0 0 3 * * mon"}}
    assert (made["mode"], made["no_catchup"], made["max_concurrency"]) == ("ENABLE", True, "1")
    config = load_config(schedule_yaml.with_name("search.yaml"))
    assert made["runtime_config"]["parameters"] == {
        **to_form(config), "max_trials": 20, "settings": "{data: {image_size: [8, 8]}}",
    }  # fmt: skip
    assert "new:" in done.stdout
    (said,) = [line for line in done.stdout.splitlines() if "next runs at" in line]
    assert said.count(" 03:00:00 UTC") == 3
    told = answer(run("schedule", "list", schedule_yaml, "--json"))["schedules"][0]
    first = datetime.strptime(told["next"][0], "%a %Y-%m-%d %H:%M:%S UTC").replace(tzinfo=UTC)
    assert first.weekday() == 0
    assert 0 < (first - datetime.now(UTC)).total_seconds() <= 7 * 24 * 3600


def test_applied_twice_changes_nothing(
    run: Kubenas, pipelines: KubeflowPipelines, schedule_yaml: Path
) -> None:
    run("schedule", "apply", schedule_yaml)
    (before,) = pipelines.recurring
    done = run("schedule", "apply", schedule_yaml, "--json")
    assert answer(done)["changed"] is False
    assert "unchanged" in run("schedule", "apply", schedule_yaml).stdout
    assert pipelines.recurring == [before]
    assert [verb for verb, _ in pipelines.switches] == ["create"]


def test_a_changed_cron_is_shown_and_then_there_is_one(
    run: Kubenas, pipelines: KubeflowPipelines, schedule_yaml: Path
) -> None:
    run("schedule", "apply", schedule_yaml)
    change(schedule_yaml, cron="30 0 4 * * *", parameters={"search_max_trials": 20})
    dry = run("schedule", "apply", schedule_yaml, "--dry-run")
    assert state(pipelines) == [("ENABLE", "0 0 3 * * mon")]
    done = run("schedule", "apply", schedule_yaml, "--json")
    assert answer(done)["difference"] == [
        "cron: 0 0 3 * * mon -> 30 0 4 * * *", "max_trials: 8 -> 20",
    ]  # fmt: skip
    assert all(f"  {line}\n" in dry.stdout for line in answer(done)["difference"])
    assert state(pipelines) == [("ENABLE", "30 0 4 * * *")]
    assert pipelines.switches[1:] == [("create", 2), ("disable", 1), ("delete", 1)]


@pytest.mark.parametrize("lost", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("number", range(3))
def test_cut_short_anywhere_again_leaves_one(
    run: Kubenas, pipelines: KubeflowPipelines, schedule_yaml: Path, number: int, lost: bool
) -> None:
    run("schedule", "apply", schedule_yaml)
    change(schedule_yaml, cron="0 4 * * *")
    failing = pipelines.fail_after if lost else pipelines.fail
    failing["(POST|DELETE) /apis/v2beta1/recurringruns"] = [0] * number + [500]
    assert run("schedule", "apply", schedule_yaml).exit_code == 1
    assert run("schedule", "apply", schedule_yaml).exit_code == 0
    assert state(pipelines) == [("ENABLE", "0 0 4 * * *")]
    assert all(on >= 1 and verb != "delete one that is on" for verb, on in pipelines.switches)


def test_pause_resume_and_delete(
    run: Kubenas, pipelines: KubeflowPipelines, schedule_yaml: Path
) -> None:
    run("schedule", "apply", schedule_yaml)
    assert "paused" in run("schedule", "pause", schedule_yaml).stdout
    assert "paused" in run("schedule", "list").stdout
    assert answer(run("schedule", "apply", schedule_yaml, "--json"))["state"] == "paused"
    assert [mode for mode, _ in state(pipelines)] == ["DISABLE"]
    assert "next runs at" in run("schedule", "resume", schedule_yaml).stdout
    assert [mode for mode, _ in state(pipelines)] == ["ENABLE"]
    assert run("schedule", "delete", schedule_yaml).stdout == "weekly: deleted\n"
    assert pipelines.recurring == []
    assert pipelines.switches[-2:] == [("disable", 0), ("delete", 0)]
    assert run("schedule", "delete", schedule_yaml).stdout == "weekly: not found\n"
    gone = run("schedule", "pause", schedule_yaml)
    assert (gone.exit_code, "kubenas schedule apply" in gone.stderr) == (2, True)
    assert run("schedule", "list").stdout == "no schedules\n"


def test_what_others_have_made_is_listed_by_none_and_touched_by_none(
    run: Kubenas, pipelines: KubeflowPipelines, schedule_yaml: Path
) -> None:
    run("schedule", "apply", schedule_yaml)
    pipelines.recurring[0]["description"] = "Made in the UI"
    change(schedule_yaml, cron="0 4 * * *")
    for verb in ("apply", "pause", "resume", "delete"):
        done = run("schedule", verb, schedule_yaml)
        assert (done.exit_code, "created by other means" in done.stderr) == (2, True)
    assert state(pipelines) == [("ENABLE", "0 0 3 * * mon")]
    assert run("schedule", "list").stdout == "no schedules\n"


def test_all_are_listed_over_the_servers_pages(
    run: Kubenas, pipelines: KubeflowPipelines, schedule_yaml: Path
) -> None:
    names = [f"weekly-{number}" for number in range(5)]
    for name in names:
        change(schedule_yaml, name=name)
        run("schedule", "apply", schedule_yaml)
    assert [line.split()[0] for line in run("schedule", "list").stdout.splitlines()] == names


def test_an_interval_in_place_of_cron(
    run: Kubenas, pipelines: KubeflowPipelines, schedule_yaml: Path
) -> None:
    change(schedule_yaml, cron=None, interval=7 * 24 * 3600)
    assert run("schedule", "apply", schedule_yaml).exit_code == 0
    (made,) = pipelines.recurring
    assert made["trigger"] == {"periodic_schedule": {"interval_second": "604800"}}
    assert answer(run("schedule", "apply", schedule_yaml, "--json"))["changed"] is False


@pytest.mark.parametrize(
    ("keys", "says"),
    [
        ({"cron": "0 3 * * 7"}, "cron: day of week: '7'"),
        ({"cron": "0 3 30 2 *"}, "never matches"),
        ({"interval": 60}, "either 'cron' or 'interval'"),
        ({"cron": None}, "either 'cron' or 'interval'"),
        ({"zone": "Mars/Olympus"}, "Europe/Berlin"),
        ({"crom": "0 3 * * *"}, "did you mean 'cron'"),
        ({"search": "no.yaml"}, "no such file"),
        ({"parameters": {"search_max_trial": 3}}, "did you mean 'search_max_trials'"),
        ({"parameters": {"search_max_trials": -1}}, "search.max_trials"),
        ({"parameters": {"output": "runs/x"}}, "pods cannot reach"),
        ({"image": "https://reg/nas"}, "is not an image"),
    ],
)
def test_mistakes_are_found_before_the_server_is_asked(
    run: Kubenas,
    pipelines: KubeflowPipelines,
    schedule_yaml: Path,
    keys: dict[str, object],
    says: str,
) -> None:
    change(schedule_yaml, **keys)
    done = run("schedule", "apply", schedule_yaml)
    assert done.exit_code == 2
    assert says in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert pipelines.asked == []


def test_the_image_is_the_options_else_the_files_else_the_registrys(
    run: Kubenas,
    pipelines: KubeflowPipelines,
    schedule_yaml: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def image(*options: str) -> str:
        assert run("schedule", "apply", schedule_yaml, *options).exit_code == 0
        reference = pipelines.recurring[-1]["pipeline_version_reference"]
        package, *_ = yaml.safe_load_all(pipelines.packages[reference["pipeline_version_id"]])
        executors = package["deploymentSpec"]["executors"].values()
        (name,) = {each["container"]["image"] for each in executors}
        return str(name)

    assert image() == f"{REGISTRY}/{CONTROLLER_IMAGE}"
    assert image("--registry", "other:5000/") == f"other:5000/{CONTROLLER_IMAGE}"
    change(schedule_yaml, image="reg/file:1")
    assert image("--registry", "other:5000") == "reg/file:1"
    assert image("--image", "reg/option:1") == "reg/option:1"
    change(schedule_yaml, image=None)
    monkeypatch.delenv("KUBENAS_REGISTRY")
    asked = len(pipelines.asked)
    done = run("schedule", "apply", schedule_yaml)
    assert (done.exit_code, "set KUBENAS_REGISTRY" in done.stderr) == (2, True)
    assert len(pipelines.asked) == asked


def test_an_output_of_another_config_is_told_before_anything_is_changed(
    run: Kubenas, pipelines: KubeflowPipelines, schedule_yaml: Path, bucket: str
) -> None:
    output = open_storage(f"{bucket}/taken")
    change(schedule_yaml, parameters={"output": output.uri})
    lock_config(make_config(load_schedule(schedule_yaml)), output)
    assert run("schedule", "apply", schedule_yaml, "--dry-run").exit_code == 0
    change(schedule_yaml, parameters={"output": output.uri, "search_max_trials": 99})
    asked = len(pipelines.asked)
    done = run("schedule", "apply", schedule_yaml)
    assert (done.exit_code, "belongs to another config" in done.stderr) == (2, True)
    assert len(pipelines.asked) == asked


def test_an_expired_token_and_a_server_that_fails(
    run: Kubenas, pipelines: KubeflowPipelines, schedule_yaml: Path
) -> None:
    pipelines.tokens = {"fresh"}
    done = run("schedule", "list")
    assert (done.exit_code, "KF_PIPELINES_TOKEN" in done.stderr) == (2, True)
    pipelines.tokens = None
    for status, exit_code in ((409, 1), (500, 1), (403, 2)):
        pipelines.fail["POST /apis/v2beta1/recurringruns"] = [status]
        done = run("schedule", "apply", schedule_yaml, "--json")
        assert done.exit_code == exit_code
        assert answer(done)["exit_code"] == exit_code
        assert "creating the recurring run" in json.loads(done.stdout)["error"]
    assert pipelines.recurring == []


def test_the_example_is_sound() -> None:
    file = Path(__file__).parents[3] / "examples/weekly.yaml"
    config = make_config(load_schedule(file))
    check_portable(config, file)
    assert config.search.warm_start == ("last",)


def test_every_key_is_in_the_users_documentation() -> None:
    page = (Path(__file__).parents[3] / "docs/kubeflow.md").read_text()
    for name, key in Schedule.model_fields.items():
        assert f"| `{name}` |" in page
        assert str(key.description) in page

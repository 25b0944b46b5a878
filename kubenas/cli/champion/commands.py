"""Arguments and help texts of ``kubenas champion``."""

import click

from kubenas.cli.answer import JSON_OPTION, answering


@click.group()
def champion() -> None:
    """Show, list or roll back the model in production (champion)."""


@champion.command()
@click.argument("output")
@JSON_OPTION
def show(output: str, as_json: bool) -> None:
    """Show the model of OUTPUT that is in production."""
    from kubenas.cli.champion.display import show_champion

    with answering(as_json) as answer:
        show_champion(output, answer)


@champion.command()
@click.argument("output")
@JSON_OPTION
def history(output: str, as_json: bool) -> None:
    """List all champions of OUTPUT, the latest last."""
    from kubenas.cli.champion.display import list_champions

    with answering(as_json) as answer:
        list_champions(output, answer)


@champion.command()
@click.argument("output")
@click.option(
    "--to",
    type=click.IntRange(min=1),
    help="Record number in the history; default: the previous champion.",
)
@click.option("--why", default="rolled back by hand", help="Reason, stored in the history.")
@JSON_OPTION
def rollback(output: str, *, to: int | None, why: str, as_json: bool) -> None:
    """Restore an earlier champion of OUTPUT and serve it.

    A later run may promote a new champion. To restore the model that was rolled back, use '--to'.
    """
    from kubenas.cli.champion.rollback import roll_back

    with answering(as_json) as answer:
        roll_back(output, answer, to=to, why=why)

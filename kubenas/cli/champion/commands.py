"""``kubenas champion``: arguments and help."""

import click

from kubenas.cli.answer import JSON_OPTION, answering


@click.group()
def champion() -> None:
    """The model in production: what it is, what it was, and back to an earlier one."""


@champion.command()
@click.argument("output")
@JSON_OPTION
def show(output: str, as_json: bool) -> None:
    """Tell which model of OUTPUT is in production, and why."""
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
    help="Number of a record in the history; default: the champion before the present one.",
)
@click.option("--why", default="rolled back by hand", help="The reason, for the history.")
@JSON_OPTION
def rollback(output: str, *, to: int | None, why: str, as_json: bool) -> None:
    """Make an earlier champion of OUTPUT the champion again, and have it served.

    The model that is rolled back does not come back by itself: a later run promotes another one, or
    '--to' names it.
    """
    from kubenas.cli.champion.rollback import roll_back

    with answering(as_json) as answer:
        roll_back(output, answer, to=to, why=why)

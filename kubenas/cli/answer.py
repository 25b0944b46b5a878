"""What a command prints: lines for people, or one JSON object; and errors as one line."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NoReturn

import click

from kubenas.errors import KubenasError
from kubenas.terminal import terminal_safe

JSON_OPTION = click.option(
    "--json", "as_json", is_flag=True, help="Print one JSON object on stdout and nothing else."
)


class Answer:
    """Collects the answer of a command. People read lines as they come, programs the object."""

    def __init__(self, *, as_json: bool) -> None:
        self.as_json = as_json
        self.content: dict[str, Any] = {}

    def line(self, text: str = "") -> None:
        """Says something to people."""
        if not self.as_json:
            click.echo(terminal_safe(text))

    def put(self, content: Mapping[str, Any]) -> None:
        """Adds to the object for programs."""
        self.content.update(content)


@contextmanager
def answering(as_json: bool) -> Iterator[Answer]:
    """Runs a command's body. Errors become one line on stderr and the error's exit code.

    Raises:
        SystemExit: after an error.
    """
    answer = Answer(as_json=as_json)
    try:
        yield answer
    except KubenasError as error:
        _give_up(answer, str(error), error.exit_code)
    except KeyboardInterrupt:
        _give_up(answer, "interrupted", 130)
    if as_json:
        click.echo(json.dumps(answer.content))


def _give_up(answer: Answer, message: str, exit_code: int) -> NoReturn:
    click.echo(f"kubenas: {terminal_safe(message)}", err=True)
    if answer.as_json:
        click.echo(json.dumps({**answer.content, "error": message, "exit_code": exit_code}))
    raise SystemExit(exit_code)

"""The output of a command: text lines or one JSON object, and errors as one line."""

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
    """The output of a command: text lines, printed at once, or a JSON object at the end."""

    def __init__(self, *, as_json: bool) -> None:
        self.as_json = as_json
        self.content: dict[str, Any] = {}

    def line(self, text: str = "") -> None:
        """Prints a line, unless the output is JSON."""
        if not self.as_json:
            click.echo(terminal_safe(text))

    def put(self, content: Mapping[str, Any]) -> None:
        """Adds entries to the JSON object."""
        self.content.update(content)


@contextmanager
def answering(as_json: bool) -> Iterator[Answer]:
    """Runs the body of a command. Errors become one line on stderr and an exit code.

    Raises:
        SystemExit: an error was raised.
    """
    answer = Answer(as_json=as_json)
    try:
        yield answer
    except KubenasError as error:
        _exit(answer, str(error), error.exit_code)
    except KeyboardInterrupt:
        _exit(answer, "interrupted", 130)
    if as_json:
        click.echo(json.dumps(answer.content))


def _exit(answer: Answer, message: str, exit_code: int) -> NoReturn:
    click.echo(f"kubenas: {terminal_safe(message)}", err=True)
    if answer.as_json:
        click.echo(json.dumps({**answer.content, "error": message, "exit_code": exit_code}))
    raise SystemExit(exit_code)

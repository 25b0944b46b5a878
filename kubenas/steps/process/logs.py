"""What a step logs on standard error: in a pod one JSON object a line, elsewhere plain text."""

import json
import logging
import os
import sys
from datetime import UTC, datetime

from kubenas.steps.process.terminal import terminal_safe


class JsonFormatter(logging.Formatter):
    """Each event as one line of JSON: time, level, logger, message and, of an error, its trace."""

    def format(self, record: logging.LogRecord) -> str:
        event = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            event["trace"] = self.formatException(record.exc_info)
        return json.dumps(event, ensure_ascii=False)


class TextFormatter(logging.Formatter):
    """Each event as text for people."""

    def format(self, record: logging.LogRecord) -> str:
        return terminal_safe(super().format(record))


class StderrHandler(logging.Handler):
    """Writes to what standard error is at that moment."""

    def emit(self, record: logging.LogRecord) -> None:
        sys.stderr.write(f"{self.format(record)}\n")


def set_up_logging() -> None:
    """Our own events from INFO on, other libraries' warnings; in place of what kfp has set up."""
    handler = StderrHandler()
    in_pod = bool(os.environ.get("KUBERNETES_SERVICE_HOST"))
    handler.setFormatter(JsonFormatter() if in_pod else TextFormatter("%(asctime)s %(message)s"))
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logging.getLogger("kubenas").setLevel(logging.INFO)

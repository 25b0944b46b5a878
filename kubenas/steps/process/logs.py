"""Logging of a step to standard error: JSON lines in a pod, plain text elsewhere."""

import json
import logging
import os
import sys
from datetime import UTC, datetime

from kubenas.terminal import terminal_safe


class JsonFormatter(logging.Formatter):
    """Formats a record as a line of JSON: time, level, logger, message and traceback if any."""

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
    """Formats a record as text with escaped control characters."""

    def format(self, record: logging.LogRecord) -> str:
        return terminal_safe(super().format(record))


class StderrHandler(logging.Handler):
    """Writes to the current ``sys.stderr``, which tests and kfp may replace."""

    def emit(self, record: logging.LogRecord) -> None:
        sys.stderr.write(f"{self.format(record)}\n")


def set_up_logging() -> None:
    """Logs kubenas from INFO and other libraries from WARNING; replaces the handlers of kfp."""
    handler = StderrHandler()
    in_pod = bool(os.environ.get("KUBERNETES_SERVICE_HOST"))
    handler.setFormatter(JsonFormatter() if in_pod else TextFormatter("%(asctime)s %(message)s"))
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logging.getLogger("kubenas").setLevel(logging.INFO)

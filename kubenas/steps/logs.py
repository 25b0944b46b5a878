"""What a step logs on standard error: in a pod one JSON object a line, elsewhere plain text."""

import json
import logging
import os
import sys
from datetime import UTC, datetime


class JsonLines(logging.Formatter):
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


def set_up_logging() -> None:
    """Our own events from INFO on, other libraries' warnings. A second call changes nothing."""
    handler = logging.StreamHandler(sys.stderr)
    if os.environ.get("KUBERNETES_SERVICE_HOST"):
        handler.setFormatter(JsonLines())
    else:
        handler.setFormatter(logging.Formatter("%(asctime)s %(message)s"))
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
    logging.getLogger("kubenas").setLevel(logging.INFO)

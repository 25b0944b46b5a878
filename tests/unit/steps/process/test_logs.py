"""Log formats: JSON lines in a pod, plain text elsewhere."""

import json
import subprocess
import sys

LOGGING = """
import logging
logging.basicConfig(format="kfp: %(message)s", level=logging.WARNING)  # as kfp does before us
from kubenas.steps.process.logs import set_up_logging
set_up_logging()
set_up_logging()
logging.getLogger("kubenas.steps.search").info("search: 1 of 2 done, %s", "1 waiting (no GPU)")
logging.getLogger("kubenas").info("\\x1b[2Jgone")
logging.getLogger("urllib3").info("noise")
try:
    1 / 0
except ZeroDivisionError:
    logging.getLogger("kubenas").exception("two\\nlines")
"""


def logged(**environment):
    done = subprocess.run(
        [sys.executable, "-c", LOGGING], capture_output=True, text=True, env=environment, check=True
    )
    return done.stderr.splitlines()


def test_logs_json_lines_in_a_pod():
    first, _, second = (json.loads(line) for line in logged(KUBERNETES_SERVICE_HOST="10.0.0.1"))
    assert first["message"] == "search: 1 of 2 done, 1 waiting (no GPU)"
    assert (first["level"], first["logger"]) == ("info", "kubenas.steps.search")
    assert (second["level"], second["message"]) == ("error", "two\nlines")
    assert "ZeroDivisionError" in second["trace"]


def test_logs_plain_text_outside_of_a_pod():
    first, second, *_ = logged()
    assert first.endswith(" search: 1 of 2 done, 1 waiting (no GPU)")
    assert second.endswith(" \\x1b[2Jgone")  # written out: it does not clear the screen

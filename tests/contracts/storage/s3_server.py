"""Runs moto's S3 server on a port, with atomic conditional writes as on Amazon's servers.

moto checks whether an object exists and writes it in two steps. A lock serialises conditional
writes.
"""

import sys
import threading
from collections.abc import Iterable
from typing import Any

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import run_simple

_application = DomainDispatcherApplication(create_backend_app)
_conditional = threading.Lock()


def serve(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    if "HTTP_IF_NONE_MATCH" not in environ:
        return _application(environ, start_response)
    with _conditional:
        return _application(environ, start_response)


if __name__ == "__main__":
    run_simple("127.0.0.1", int(sys.argv[1]), serve, threaded=True)

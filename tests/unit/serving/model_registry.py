"""A fake model registry on a local port with the used part of the REST API v1alpha3.

Like Kubeflow's registry, it refuses unknown fields, values without a type, invalid IDs and
duplicate names.
"""

import itertools
import json
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Annotated, Any, Literal
from urllib.parse import parse_qs, urlsplit

from pydantic import BaseModel, ConfigDict, Field, ValidationError

_ROOT = "/api/model_registry/v1alpha3"


class _Closed(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class _Text(_Closed):
    metadataType: Literal["MetadataStringValue"]  # noqa: N815
    string_value: str


class _Number(_Closed):
    metadataType: Literal["MetadataDoubleValue"]  # noqa: N815
    double_value: float


_Property = Annotated[_Text | _Number, Field(discriminator="metadataType")]


class _RegisteredModel(_Closed):
    name: str = Field(min_length=1)


class _ModelVersion(_Closed):
    name: str = Field(min_length=1)
    registeredModelId: str = Field(pattern="^[1-9][0-9]{0,8}$")  # noqa: N815
    description: str
    author: str
    customProperties: dict[str, _Property]  # noqa: N815


class _ModelArtifact(_Closed):
    artifactType: Literal["model-artifact"]  # noqa: N815
    uri: str
    modelFormatName: str  # noqa: N815
    modelFormatVersion: str  # noqa: N815


class ModelRegistry(ThreadingHTTPServer):
    def __init__(self, certificate: tuple[str, str] | None) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.scheme, self.host = "http", "127.0.0.1"
        if certificate is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*certificate)
            self.socket = context.wrap_socket(self.socket, server_side=True)
            self.scheme, self.host = "https", "localhost"
        self.models: list[dict[str, Any]] = []
        self.versions: list[dict[str, Any]] = []
        self.artifacts: list[dict[str, Any]] = []
        self.writes = 0
        self.broken_after: int | None = None
        """Number of writes after which the registry fails."""
        self.status = 0
        """HTTP status of all responses; 0 for regular responses."""
        self.elsewhere: str | None = None
        """Target of redirects for all requests; None for no redirects."""
        self.shown: list[str | None] = []
        """Authorization header of each request."""
        self._ids = itertools.count(1)

    @property
    def url(self) -> str:
        return f"{self.scheme}://{self.host}:{self.server_port}"

    def answer(self, method: str, url: str, body: Any) -> tuple[int, dict[str, Any]]:
        parts = urlsplit(url)
        if self.status or not parts.path.startswith(_ROOT):
            return self.status or 404, {"message": "no"}
        query = {key: values[0] for key, values in parse_qs(parts.query).items()}
        return self._routed(method, parts.path, query, body)

    def _routed(  # noqa: PLR0911 - a route each
        self, method: str, path: str, query: dict[str, str], body: Any
    ) -> tuple[int, dict[str, Any]]:
        match method, path.removeprefix(_ROOT).strip("/").split("/"):
            case "GET", ["registered_model"]:
                return _one(self.models, name=query["name"])
            case "GET", ["model_version"]:
                parent = query["parentResourceId"]
                return _one(self.versions, name=query["name"], registeredModelId=parent)
            case "GET", ["model_versions", version, "artifacts"]:
                found = [each for each in self.artifacts if each["version"] == version]
                return 200, {"items": found, "size": len(found), "pageSize": 0, "nextPageToken": ""}
            case "POST", ["registered_models"]:
                return self._make(self.models, _RegisteredModel, body, "name")
            case "POST", ["model_versions"]:
                return self._make(self.versions, _ModelVersion, body, "name", "registeredModelId")
            case "POST", ["model_versions", version, "artifacts"]:
                return self._make(self.artifacts, _ModelArtifact, body, version=version)
        return 404, {"message": f"no {path}"}

    def _make(
        self, there: list[dict[str, Any]], kind: type[BaseModel], body: Any, *key: str, **more: str
    ) -> tuple[int, dict[str, Any]]:
        if self.broken_after is not None and self.writes >= self.broken_after:
            return 500, {"message": "out of order"}
        try:
            kind.model_validate(body)
        except ValidationError as error:
            return 400, {"message": str(error)}
        if key and any(all(each[k] == body[k] for k in key) for each in there):
            return 409, {"message": "already exists"}
        self.writes += 1
        there.append({**body, **more, "id": str(next(self._ids))})
        return 201, there[-1]


class _Handler(BaseHTTPRequestHandler):
    server: ModelRegistry

    def do_GET(self) -> None:
        self._answer(None)

    def do_POST(self) -> None:
        self._answer(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))

    def _answer(self, body: Any) -> None:
        self.server.shown.append(self.headers["Authorization"])
        status, content = self.server.answer(self.command, self.path, body)
        data = json.dumps(content).encode()
        self.send_response(307 if self.server.elsewhere else status)
        if self.server.elsewhere:
            self.send_header("Location", self.server.elsewhere + self.path)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: Any) -> None: ...


@contextmanager
def model_registry(certificate: tuple[str, str] | None = None) -> Iterator[ModelRegistry]:
    """Runs a registry; with ``certificate`` (certificate and key file) at https://localhost."""
    with ModelRegistry(certificate) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def _one(there: list[dict[str, Any]], **fields: str) -> tuple[int, dict[str, Any]]:
    for each in there:
        if all(each[key] == value for key, value in fields.items()):
            return 200, each
    return 404, {"message": f"there is no {fields}"}

"""Registers champions in a Kubeflow Model Registry with its REST API (v1alpha3).

A registered model has a version for each search, and a version has an artifact with the URI of the
model. Existing objects are reused, so that a repeated call completes an interrupted registration.
"""

import json
import os
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import urllib3

from kubenas.errors import KubenasError, UserError
from kubenas.serving.champion import ChampionRecord
from kubenas.serving.kserve.inference_service import storage_uri

_API = "/api/model_registry/v1alpha3"
_ANSWER_SECONDS = 30.0
_TOKEN_FILE = "KF_PIPELINES_SA_TOKEN_PATH"  # noqa: S105 - a variable's name
"""Environment variable with the path of this pod's token for Kubeflow's services."""

Object = Mapping[str, Any]


class RegistryUnavailable(KubenasError):
    """The registry does not respond, or it failed."""


@dataclass(frozen=True)
class RegistryEntry:
    """A registered model and its version."""

    model: str
    version: str

    def __str__(self) -> str:
        return f"model {self.model}, version {self.version}"


def register(
    record: ChampionRecord, url: str, *, name: str, output: str, trusted: Collection[str] = ()
) -> RegistryEntry:
    """Registers the model of ``record`` in the registry at ``url``. Idempotent.

    Args:
        record: A record of the champion log.
        url: Base URL of the registry, without the API path.
        name: Name of the registered model.
        output: URI of the output of the champion log.
        trusted: Hosts that may receive this pod's token, with the port unless it is 443.

    Raises:
        UserError: The registry refused a request.
        RegistryUnavailable: The registry does not respond.
    """
    registry = _Registry(url, _authorization(url, trusted))
    model = registry.get_or_create(
        "/registered_model", {"name": name}, "/registered_models", {"name": name}
    )
    version = registry.get_or_create(
        "/model_version",
        {"name": record.model.search, "parentResourceId": model["id"]},
        "/model_versions",
        _version(record, model["id"], output),
    )
    artifacts = f"/model_versions/{version['id']}/artifacts"
    uri = storage_uri(record.model.saved_model)
    if all(each.get("uri") != uri for each in registry.get(artifacts)["items"]):
        registry.post(artifacts, _artifact(uri))
    return RegistryEntry(name, record.model.search)


def _version(record: ChampionRecord, model: str, output: str) -> dict[str, Any]:
    return {
        "name": record.model.search,
        "registeredModelId": model,
        "description": record.why,
        "author": "kubenas",
        "customProperties": {
            "output": _text(output),
            "search": _text(record.model.search),
            "trial": _text(str(record.model.trial)),
            "champion": _text(str(record.number)),
            "data": _text(record.model.dataset_digest),
            "test_accuracy": _number(record.model.test.accuracy),
            "test_loss": _number(record.model.test.loss),
        },
    }


def _artifact(uri: str) -> dict[str, Any]:
    return {
        "artifactType": "model-artifact",
        "uri": uri,
        "modelFormatName": "tensorflow",
        "modelFormatVersion": "2",
    }


def _text(value: str) -> dict[str, str]:
    return {"metadataType": "MetadataStringValue", "string_value": value}


def _number(value: float) -> dict[str, Any]:
    return {"metadataType": "MetadataDoubleValue", "double_value": value}


class _Registry:
    def __init__(self, url: str, authorization: Mapping[str, str]) -> None:
        self._url = url.rstrip("/")
        self._headers = {"Content-Type": "application/json", **authorization}

    def get_or_create(
        self, lookup: str, query: Mapping[str, str], collection: str, body: Object
    ) -> dict[str, Any]:
        found = self._lookup(lookup, query)
        if found is None:
            response = self._send("POST", collection, body)
            if response.status != 409:
                return self._parsed(response)
            found = self._lookup(lookup, query)  # created concurrently
        if found is None:
            raise RegistryUnavailable(
                f"{self._url}: the registry reports that {query['name']} exists, but cannot find it"
            )
        return found

    def get(self, path: str) -> dict[str, Any]:
        return self._parsed(self._send("GET", path, None))

    def post(self, path: str, body: Object) -> dict[str, Any]:
        return self._parsed(self._send("POST", path, body))

    def _lookup(self, path: str, query: Mapping[str, str]) -> dict[str, Any] | None:
        response = self._send("GET", f"{path}?{urlencode(query)}", None)
        return None if response.status == 404 else self._parsed(response)

    def _send(self, method: str, path: str, body: Object | None) -> urllib3.BaseHTTPResponse:
        try:
            return urllib3.request(
                method,
                self._url + _API + path,
                body=None if body is None else json.dumps(body),
                headers=self._headers,
                timeout=_ANSWER_SECONDS,
                retries=False,
                redirect=False,  # would send the token to another host
            )
        except urllib3.exceptions.HTTPError as error:
            raise RegistryUnavailable(
                f"{self._url}: the model registry does not respond: {type(error).__name__}; run the"
                " same command again, or unset serving.registry"
            ) from error

    def _parsed(self, response: urllib3.BaseHTTPResponse) -> dict[str, Any]:
        try:
            content = json.loads(response.data)
        except ValueError:
            content = None
        if response.status < 300 and isinstance(content, dict):
            return content
        words = content.get("message") if isinstance(content, dict) else None
        message = (
            f"{self._url}: the model registry responded with HTTP {response.status}: {words or '-'}"
        )
        if response.status >= 500 or response.status < 300:
            raise RegistryUnavailable(f"{message}; run the same command again")
        raise UserError(f"{message}; {self._remedy(response.status)}")

    def _remedy(self, status: int) -> str:
        if 300 <= status < 400:
            return "correct serving.registry: redirects are not followed"
        if status == 401 and "Authorization" not in self._headers:
            return (
                "no token was sent: ask the administrator of the namespace to add this host to"
                " policy.registries of the chart, or correct serving.registry"
            )
        return "correct serving.registry, or ask for access"


def has_token() -> bool:
    """Whether this pod has a token for Kubeflow's services."""
    return bool(os.environ.get(_TOKEN_FILE))


def _authorization(url: str, trusted: Collection[str]) -> dict[str, str]:
    """Returns the header with the token, only for HTTPS and trusted hosts."""
    file = os.environ.get(_TOKEN_FILE)
    try:
        parts = urllib3.util.parse_url(url)  # the parser that urllib3 connects with
    except urllib3.exceptions.LocationParseError as error:
        raise UserError(f"serving.registry: {url}: not a valid URL; correct it") from error
    port = "" if parts.port in (None, 443) else f":{parts.port}"
    if not file or parts.scheme != "https" or f"{parts.host}{port}" not in trusted:
        return {}
    return {"Authorization": f"Bearer {Path(file).read_text(encoding='utf-8').strip()}"}

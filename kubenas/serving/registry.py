"""A champion's entry in a Kubeflow model registry, by its REST interface (v1alpha3).

A registered model has a version for each search; a version has an artifact, which says where the
model is. Each is looked for before it is made, so an entry that was broken off is completed.
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
"""Names the file with this pod's token for Kubeflow's services."""

Object = Mapping[str, Any]


class RegistryUnavailable(KubenasError):
    """The registry did not answer, or failed."""


@dataclass(frozen=True)
class RegistryEntry:
    """What there is in the registry."""

    model: str
    version: str

    def __str__(self) -> str:
        return f"model {self.model}, version {self.version}"


def register(
    record: ChampionRecord, url: str, *, name: str, output: str, trusted: Collection[str] = ()
) -> RegistryEntry:
    """Enters the model of ``record`` in the registry at ``url``, once.

    Args:
        record: of the champion log.
        url: of the registry, without the path of its interface.
        name: of the registered model.
        output: URI of the output whose champion it is.
        trusted: hosts that may see this pod's token, with a port unless it is 443.

    Raises:
        UserError: the registry refuses.
        RegistryUnavailable: it does not answer.
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
            found = self._lookup(lookup, query)  # someone else has made it meanwhile
        if found is None:
            raise RegistryUnavailable(
                f"{self._url}: {query['name']} cannot be made, for it is there, and cannot be found"
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
                redirect=False,  # to where the token is not meant for
            )
        except urllib3.exceptions.HTTPError as error:
            raise RegistryUnavailable(
                f"{self._url}: the model registry does not answer: {type(error).__name__}; run the"
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
        message = f"{self._url}: the model registry says HTTP {response.status}: {words or '-'}"
        if response.status >= 500 or response.status < 300:
            raise RegistryUnavailable(f"{message}; run the same command again")
        raise UserError(f"{message}; {self._remedy(response.status)}")

    def _remedy(self, status: int) -> str:
        if 300 <= status < 400:
            return "it is elsewhere: correct serving.registry, for redirects are not followed"
        if status == 401 and "Authorization" not in self._headers:
            return (
                "no token was sent: ask the administrator of the namespace to have this host in"
                " policy.registries of the chart, or correct serving.registry"
            )
        return "correct serving.registry, or have the access granted"


def has_token() -> bool:
    """Whether this pod has a token for Kubeflow's services."""
    return bool(os.environ.get(_TOKEN_FILE))


def _authorization(url: str, trusted: Collection[str]) -> dict[str, str]:
    """Never without encryption, and only for a host that it is meant for."""
    file = os.environ.get(_TOKEN_FILE)
    try:
        parts = urllib3.util.parse_url(url)  # as the host is found that is connected to
    except urllib3.exceptions.LocationParseError as error:
        raise UserError(f"serving.registry: {url}: no URL; correct it") from error
    port = "" if parts.port in (None, 443) else f":{parts.port}"
    if not file or parts.scheme != "https" or f"{parts.host}{port}" not in trusted:
        return {}
    return {"Authorization": f"Bearer {Path(file).read_text(encoding='utf-8').strip()}"}

"""The S3 endpoint that the environment variables configure."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from kubenas.errors import UserError

_IN_CLUSTER = "minio-service.kubeflow:9000"  # Kubeflow Pipelines' own default
_DEFAULT_REGION = "us-east-1"  # servers other than Amazon's expect this region in a signature


@dataclass(frozen=True)
class S3Environment:
    """The endpoint of an S3 server. boto3 finds the credentials by its own rules."""

    endpoint: str | None
    """URL of the server; None: boto3's configuration, by default Amazon's servers."""
    region: str | None
    path_style: bool
    """Whether the bucket is in the path instead of the host name. Servers other than Amazon's need
    it."""


def s3_environment(scheme: str, environment: Mapping[str, str]) -> S3Environment:
    """Returns the S3 endpoint for URIs of ``scheme`` (s3 or minio).

    The endpoint is AWS_ENDPOINT_URL_S3 or AWS_ENDPOINT_URL. The default for minio:// is that of the
    launcher of Kubeflow Pipelines (backend/src/v2/objectstore): the service ``minio-service`` of
    the pod's namespace, else of the namespace kubeflow.

    Raises:
        UserError: The endpoint is not a URL, or there is none for minio://.
    """
    endpoint = _endpoint(scheme, environment)
    region = environment.get("AWS_REGION") or environment.get("AWS_DEFAULT_REGION")
    if endpoint is None:
        return S3Environment(None, region, path_style=False)
    amazon = (urlsplit(endpoint).hostname or "").endswith(".amazonaws.com")
    return S3Environment(endpoint, region or (None if amazon else _DEFAULT_REGION), not amazon)


def _endpoint(scheme: str, environment: Mapping[str, str]) -> str | None:
    for name in ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"):
        if environment.get(name):
            return _check_url(name, environment[name])
    if scheme != "minio":
        return None
    host = environment.get("MINIO_SERVICE_SERVICE_HOST")
    port = environment.get("MINIO_SERVICE_SERVICE_PORT")
    if host and port:
        return f"http://{host}:{port}"
    if environment.get("KUBERNETES_SERVICE_HOST"):
        return f"http://{_IN_CLUSTER}"
    raise UserError(
        "minio://: there is no default server outside of a cluster; set AWS_ENDPOINT_URL_S3 to the"
        " URL of the server, for example http://localhost:9000"
    )


def _check_url(name: str, url: str) -> str:
    if urlsplit(url).scheme not in {"http", "https"} or not urlsplit(url).hostname:
        raise UserError(f"{name}: '{url}' is not a URL; give one like https://host:9000")
    return url

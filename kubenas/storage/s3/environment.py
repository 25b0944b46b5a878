"""Where S3 is, as the environment says."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from kubenas.errors import UserError

_IN_CLUSTER = "minio-service.kubeflow:9000"  # Kubeflow Pipelines' own default
_ANY_REGION = "us-east-1"  # what servers other than Amazon's expect in a signature


@dataclass(frozen=True)
class S3Environment:
    """Where to send requests. Credentials are found by boto3's own rules."""

    endpoint: str | None
    """URL of the server; None where boto3's configuration decides, Amazon's by default."""
    region: str | None
    path_style: bool
    """The bucket in the path, not in the host name: servers other than Amazon's want it."""


def s3_environment(scheme: str, environment: Mapping[str, str]) -> S3Environment:
    """What ``environment`` says about buckets at ``scheme`` (s3 or minio).

    The endpoint is AWS_ENDPOINT_URL_S3 or AWS_ENDPOINT_URL. For minio:// it is then, as in Kubeflow
    Pipelines' launcher (backend/src/v2/objectstore), the service ``minio-service`` of the pod's own
    namespace, or else of the namespace kubeflow.

    Raises:
        UserError: the endpoint is not a URL, or minio:// has none.
    """
    endpoint = _endpoint(scheme, environment)
    region = environment.get("AWS_REGION") or environment.get("AWS_DEFAULT_REGION")
    if endpoint is None:
        return S3Environment(None, region, path_style=False)
    amazon = (urlsplit(endpoint).hostname or "").endswith(".amazonaws.com")
    return S3Environment(endpoint, region or (None if amazon else _ANY_REGION), not amazon)


def _endpoint(scheme: str, environment: Mapping[str, str]) -> str | None:
    for name in ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"):
        if environment.get(name):
            return _checked(name, environment[name])
    if scheme != "minio":
        return None
    host = environment.get("MINIO_SERVICE_SERVICE_HOST")
    port = environment.get("MINIO_SERVICE_SERVICE_PORT")
    if host and port:
        return f"http://{host}:{port}"
    if environment.get("KUBERNETES_SERVICE_HOST"):
        return f"http://{_IN_CLUSTER}"
    raise UserError(
        "minio://: outside of a cluster there is no default server; set AWS_ENDPOINT_URL_S3 to its"
        " URL, for example http://localhost:9000"
    )


def _checked(name: str, url: str) -> str:
    if urlsplit(url).scheme not in {"http", "https"} or not urlsplit(url).hostname:
        raise UserError(f"{name}: '{url}' is not a URL; give one like https://host:9000")
    return url

"""The S3 endpoint for different environment variables."""

import pytest

from kubenas.errors import UserError
from kubenas.storage.s3.environment import S3Environment, s3_environment

SERVICE = {"MINIO_SERVICE_SERVICE_HOST": "10.0.0.7", "MINIO_SERVICE_SERVICE_PORT": "9000"}
CLUSTER = {"KUBERNETES_SERVICE_HOST": "10.0.0.1"}


def test_amazon_is_the_default() -> None:
    assert s3_environment("s3", {}) == S3Environment(None, None, path_style=False)


def test_a_custom_endpoint_uses_path_style() -> None:
    environment = {"AWS_ENDPOINT_URL": "http://minio:9000"}
    found = s3_environment("s3", environment)
    assert found == S3Environment("http://minio:9000", "us-east-1", path_style=True)


def test_an_endpoint_of_amazon_does_not_use_path_style() -> None:
    url = "https://s3.eu-west-1.amazonaws.com"
    found = s3_environment("s3", {"AWS_ENDPOINT_URL_S3": url, "AWS_REGION": "eu-west-1"})
    assert found == S3Environment(url, "eu-west-1", path_style=False)


def test_the_s3_endpoint_takes_precedence() -> None:
    environment = {"AWS_ENDPOINT_URL": "http://general", "AWS_ENDPOINT_URL_S3": "http://special"}
    assert s3_environment("s3", environment).endpoint == "http://special"


@pytest.mark.parametrize("name", ["AWS_REGION", "AWS_DEFAULT_REGION"])
def test_the_region_has_two_names(name: str) -> None:
    assert s3_environment("s3", {name: "eu-west-1"}).region == "eu-west-1"


@pytest.mark.parametrize(
    ("environment", "endpoint"),
    [
        (SERVICE | CLUSTER, "http://10.0.0.7:9000"),
        (CLUSTER, "http://minio-service.kubeflow:9000"),
        (CLUSTER | SERVICE | {"AWS_ENDPOINT_URL_S3": "http://mine:1"}, "http://mine:1"),
    ],
)
def test_minio_defaults_equal_those_of_the_launcher(
    environment: dict[str, str], endpoint: str
) -> None:
    assert s3_environment("minio", environment).endpoint == endpoint


def test_minio_outside_of_a_cluster_needs_an_endpoint() -> None:
    with pytest.raises(UserError, match="AWS_ENDPOINT_URL_S3"):
        s3_environment("minio", {})


def test_the_service_in_the_namespace_is_not_for_s3() -> None:
    assert s3_environment("s3", SERVICE | CLUSTER).endpoint is None


@pytest.mark.parametrize("url", ["minio:9000", "minio", "ftp://minio"])
def test_an_invalid_endpoint_is_an_error(url: str) -> None:
    with pytest.raises(UserError, match=f"AWS_ENDPOINT_URL: '{url}'"):
        s3_environment("s3", {"AWS_ENDPOINT_URL": url})

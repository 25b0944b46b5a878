"""Messages for requests that S3 denies."""

import pytest
from botocore.exceptions import ClientError

from kubenas.errors import StorageDenied
from kubenas.storage.s3.errors import to_storage_error


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("403", "the credentials are wrong .*Secret kubenas-store.*or they do not allow reading"),
        ("AccessDenied", "permission denied; allow s3:GetObject"),
        ("SignatureDoesNotMatch", "rejected the credentials; .*Secret kubenas-store"),
    ],
)
def test_a_denied_request_names_the_possible_causes(code: str, said: str) -> None:
    error = ClientError({"Error": {"Code": code}}, "HeadObject")
    found = to_storage_error("s3://bucket/out/config.json", error)
    assert isinstance(found, StorageDenied)
    with pytest.raises(StorageDenied, match=said):
        raise found

"""What S3 refuses, for people: an answer without a body does not say which of two causes it has."""

import pytest
from botocore.exceptions import ClientError

from kubenas.errors import StorageDenied
from kubenas.storage.s3.errors import to_storage_error


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("403", "the credentials are wrong .*Secret kubenas-store.*or may not read and write"),
        ("AccessDenied", "permission denied; allow s3:GetObject"),
        ("SignatureDoesNotMatch", "does not accept these credentials; .*Secret kubenas-store"),
    ],
)
def test_a_refusal_names_what_may_be_wrong(code: str, said: str) -> None:
    error = ClientError({"Error": {"Code": code}}, "HeadObject")
    found = to_storage_error("s3://bucket/out/config.json", error)
    assert isinstance(found, StorageDenied)
    with pytest.raises(StorageDenied, match=said):
        raise found

"""Translates errors of boto3 and botocore into a :class:`kubenas.errors.StorageError`."""

from urllib.parse import urlsplit

from boto3.exceptions import Boto3Error
from botocore.exceptions import (
    ClientError,
    CredentialRetrievalError,
    FlexibleChecksumError,
    HTTPClientError,
    IncompleteReadError,
    NoAuthTokenError,
    NoCredentialsError,
    PartialCredentialsError,
    ProfileNotFound,
    TokenRetrievalError,
)
from botocore.exceptions import ConnectionError as BotoConnectionError

from kubenas.errors import (
    ObjectNotFound,
    StorageDenied,
    StorageError,
    StorageFull,
    StorageUnreachable,
)

_NO_LOGIN = (
    NoCredentialsError,
    PartialCredentialsError,
    CredentialRetrievalError,
    NoAuthTokenError,
    TokenRetrievalError,
    ProfileNotFound,
)
_NETWORK = (HTTPClientError, BotoConnectionError)
_DAMAGED = (FlexibleChecksumError, IncompleteReadError)
_LOGIN = (
    "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (in a cluster in the Secret kubenas-store of"
    " the namespace), or give the service account a role"
)
_UNKNOWN = {"InvalidAccessKeyId", "SignatureDoesNotMatch", "ExpiredToken", "InvalidToken"}
_DENIED = {"AccessDenied", "AllAccessDisabled", "AccountProblem"}
_NO_REASON = "403"
"""The code of a response without a body, which gives no reason."""
_GONE = {"NoSuchKey", "NoSuchVersion", "404", "PreconditionFailed"}
_FULL = {"XMinioStorageFull", "QuotaExceeded", "InsufficientStorage", "507"}
_BUSY = {"SlowDown", "RequestTimeout", "ServiceUnavailable", "InternalError", "Throttling"}
_ELSEWHERE = {"PermanentRedirect", "AuthorizationHeaderMalformed", "IllegalLocationConstraint"}


def error_code(error: ClientError) -> str:
    """Returns the S3 error code, or the HTTP status if the response has no body."""
    code = error.response.get("Error", {}).get("Code", "")
    return "PreconditionFailed" if code == "412" else code


def to_storage_error(uri: str, error: Exception) -> StorageError:
    """Returns the error to report for ``error``, which was raised during access to ``uri``."""
    if isinstance(error, Boto3Error) and isinstance(error.__context__, Exception):
        return to_storage_error(uri, error.__context__)  # the cause of a failed upload
    if isinstance(error, ClientError):
        return _client_error(uri, error)
    if isinstance(error, _NO_LOGIN):
        return StorageDenied(f"{uri}: no valid S3 credentials found; {_LOGIN}")
    if isinstance(error, _DAMAGED):
        return StorageUnreachable(
            f"{uri}: the download was damaged: its checksum or size differs; run the same command"
            " again; if the error persists, write the object again"
        )
    if isinstance(error, _NETWORK):
        return StorageUnreachable(
            f"{uri}: cannot reach the S3 server ({_first_line(error)}); check the network and"
            " AWS_ENDPOINT_URL_S3, and run the same command again"
        )
    return StorageError(f"{uri}: cannot use S3: {_first_line(error)}")


def _client_error(uri: str, error: ClientError) -> StorageError:  # noqa: PLR0911  one per case
    code = error_code(error)
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    bucket = urlsplit(uri).netloc
    if code == "NoSuchBucket":
        return StorageError(
            f"{uri}: there is no bucket '{bucket}'; correct the URI, or create it with"
            f" 'aws s3 mb s3://{bucket}'"
        )
    if code in _GONE:
        return ObjectNotFound(f"{uri}: no such object")
    if code == "RequestTimeTooSkewed":
        return StorageDenied(
            f"{uri}: the clock of this machine is wrong; set the clock and run the same command"
            " again"
        )
    if code in _UNKNOWN:
        return StorageDenied(f"{uri}: the server rejected the credentials; {_LOGIN}")
    if code == _NO_REASON:
        return StorageDenied(
            f"{uri}: permission denied without a reason: the credentials are wrong ({_LOGIN}), or"
            f" they do not allow reading and writing in the bucket '{bucket}'"
        )
    if code in _DENIED:
        return StorageDenied(
            f"{uri}: permission denied; allow s3:GetObject, s3:PutObject, s3:DeleteObject and"
            f" s3:ListBucket on the bucket '{bucket}'"
        )
    if code in _FULL or status == 507:
        return StorageFull(f"{uri}: the store or its quota is full; free some space")
    if code in _ELSEWHERE:
        return StorageError(
            f"{uri}: the bucket '{bucket}' is in another region; set AWS_REGION to its region"
        )
    if code in _BUSY or status in {429, 500, 502, 503, 504}:
        return StorageUnreachable(
            f"{uri}: the S3 server is overloaded or failing ({code}, status {status}); wait, then"
            " run the same command again"
        )
    return StorageError(f"{uri}: the S3 server rejected the request: {code}: {_first_line(error)}")


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:200]

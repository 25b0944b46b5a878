"""Where steps and trials in a cluster get the store's address and its keys from.

Both come from objects of the namespace with fixed names, which may be absent, so that neither the
compiled pipeline nor a search.yaml changes with the store. The chart makes the ConfigMap; the
Secret is an administrator's.
"""

SECRET = CONFIG_MAP = "kubenas-store"  # noqa: S105 - a name
"""Name of the Secret, and of the ConfigMap."""

SECRET_KEYS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
"""Keys of the Secret: each is the environment variable of the same name."""

CONFIG_KEYS = (
    "AWS_ENDPOINT_URL",
    "AWS_ENDPOINT_URL_S3",
    "AWS_REGION",
    "GOOGLE_CLOUD_PROJECT",
    "STORAGE_EMULATOR_HOST",
)
"""Keys of the ConfigMap: each is the environment variable of the same name."""

"""Names of the ConfigMap and the Secret with the store's address and credentials.

Steps and trials in a cluster read both. The names are fixed and the objects optional, which keeps
the compiled pipeline and the search.yaml independent of the store. The chart creates the ConfigMap;
an administrator creates the Secret.
"""

SECRET = CONFIG_MAP = "kubenas-store"  # noqa: S105 - a name
"""Name of the Secret and of the ConfigMap."""

SECRET_KEYS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
"""Keys of the Secret. Each key becomes an environment variable of the same name."""

CONFIG_KEYS = (
    "AWS_ENDPOINT_URL",
    "AWS_ENDPOINT_URL_S3",
    "AWS_REGION",
    "GOOGLE_CLOUD_PROJECT",
    "STORAGE_EMULATOR_HOST",
)
"""Keys of the ConfigMap. Each key becomes an environment variable of the same name."""

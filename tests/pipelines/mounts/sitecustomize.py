"""Python runs this at its start where this folder is on PYTHONPATH.

A step of kfp writes an artifact at gs://bucket/x to /gcs/bucket/x, where Kubeflow mounts a volume.
Here that is in the folder KFP_MOUNTS, since tests do not run as root.
"""

import os
import sys

if "kfp.dsl.executor_main" in sys.orig_argv:
    from kfp.dsl.types import artifact_types

    for name in ("_GCS_LOCAL_MOUNT_PREFIX", "_S3_LOCAL_MOUNT_PREFIX", "_MINIO_LOCAL_MOUNT_PREFIX"):
        setattr(artifact_types, name, os.environ["KFP_MOUNTS"] + getattr(artifact_types, name))

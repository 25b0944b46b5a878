"""Settings of ``runner.pod`` that the default policy refuses or admits.

Shared by the tests of kubenas.scheduling.confinement and of the chart's admission policy.
"""

from typing import Any

REFUSED: dict[str, dict[str, Any]] = {
    "the-controllers-account": {"service_account": "kubenas-controller"},
    "a-hosts-folder": {"volumes": [{"name": "v", "hostPath": {"path": "/"}}]},
    "a-hosts-folder-as-cache": {"cache": {"hostPath": {"path": "/data"}}},
    "a-folder-of-the-network": {"volumes": [{"name": "v", "nfs": {"server": "n", "path": "/"}}]},
    "an-inline-driver": {"volumes": [{"name": "v", "csi": {"driver": "d.example"}}]},
    "an-accounts-token": {
        "volumes": [
            {
                "name": "v",
                "projected": {"sources": [{"serviceAccountToken": {"path": "token"}}]},
            }
        ]
    },
    "an-accounts-token-among-others": {
        "volumes": [
            {
                "name": "v",
                "projected": {
                    "sources": [
                        {"configMap": {"name": "c"}},
                        {"serviceAccountToken": {"path": "token", "audience": "vault"}},
                    ]
                },
            }
        ]
    },
    "an-accounts-token-as-cache": {
        "cache": {"projected": {"sources": [{"serviceAccountToken": {"path": "token"}}]}}
    },
    "a-secret": {"secrets": ["mlpipeline-minio-artifact"]},
    "a-secret-as-variable": {"env": {"KEY": {"secretKeyRef": {"name": "other", "key": "k"}}}},
    "a-secret-as-volume": {"volumes": [{"name": "v", "secret": {"secretName": "other"}}]},
    "a-secret-as-projection": {
        "volumes": [{"name": "v", "projected": {"sources": [{"secret": {"name": "other"}}]}}]
    },
    "apparmor-off": {
        "annotations": {"container.apparmor.security.beta.kubernetes.io/trial": "unconfined"}
    },
    "a-network-of-the-nodes": {"annotations": {"k8s.v1.cni.cncf.io/networks": "hosts"}},
    "devices-of-the-host": {"annotations": {"cdi.k8s.io/all": "vendor.example/device=all"}},
    "a-domain-that-only-begins-alike": {"annotations": {"karpenter.sh.example/x": "y"}},
}
"""Refused settings of ``runner.pod``, by a short name."""

ADMITTED: dict[str, dict[str, Any]] = {
    "nothing": {},
    "the-trials-account": {"service_account": "kubenas-trial"},
    "volumes": {
        "volumes": [
            {"name": "a", "emptyDir": {}},
            {"name": "b", "configMap": {"name": "c"}},
            {"name": "d", "persistentVolumeClaim": {"claimName": "d"}},
            {"name": "e", "projected": {"sources": [{"configMap": {"name": "c"}}]}},
            {"name": "f", "secret": {"secretName": "kubenas-store"}},
        ],
        "cache": {"persistentVolumeClaim": {"claimName": "data"}},
    },
    "variables": {
        "env": {
            "A": "b",
            "NODE": {"fieldRef": {"fieldPath": "spec.nodeName"}},
            "LEVEL": {"configMapKeyRef": {"name": "c", "key": "k"}},
            "KEY": {"secretKeyRef": {"name": "kubenas-store", "key": "AWS_ACCESS_KEY_ID"}},
        },
        "secrets": ["kubenas-store"],
    },
    "annotations": {
        "annotations": {
            "cluster-autoscaler.kubernetes.io/safe-to-evict": "false",
            "karpenter.sh/do-not-disrupt": "true",
            "team": "vision",
        }
    },
}
"""Admitted settings."""

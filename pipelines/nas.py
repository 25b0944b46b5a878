"""The Kubeflow pipeline: prepare, search, train and, if the gate decides so, promote.

``python -m pipelines.nas`` compiles it to pipelines/nas.yaml, which runs locally and on Kubeflow.
"""

import inspect
from pathlib import Path
from typing import Any

from google.protobuf.struct_pb2 import Value
from kfp import compiler, dsl, kubernetes
from kfp.dsl.base_component import BaseComponent

from components.prepare.component import prepare_component
from components.promote.component import promote
from components.search.component import search
from components.train.component import train
from kubenas.config.form import Field, docstring, fields
from kubenas.scheduling.store_credentials import CONFIG_KEYS, CONFIG_MAP, SECRET, SECRET_KEYS

PACKAGE = Path(__file__).with_name("nas.yaml")
_LABELS = {"app.kubernetes.io/name": "kubenas", "app.kubernetes.io/component": "step"}
"""Pod labels of steps, selected by the network policy and the PodMonitor of the chart."""


def nas(*values: Any) -> None:
    """The pipeline. :func:`compile_pipeline` replaces signature and docstring."""
    given = dict(zip((field.name for field in fields()), values, strict=True))
    prepared = _step(prepare_component, "Prepare data", **given)
    run = prepared.outputs["run"]
    searched = _step(search, "Search architectures", run=run)
    trained = _step(train, "Train and evaluate", run=run, search_id=searched.outputs["search_id"])
    # In conditions, kfp.local supports only the return value of a task.
    with dsl.If(trained.outputs["Output"] == "promote", name="decided to promote"):
        _step(promote, "Promote", run=run, saved_model=trained.outputs["saved_model"])


def _step(component: BaseComponent, title: str, /, **arguments: Any) -> dsl.PipelineTask:
    # Steps detect finished work themselves. A cache would not notice deleted objects.
    task = component(**arguments).set_display_name(title).set_caching_options(False)
    secret, config = ({key: key for key in keys} for keys in (SECRET_KEYS, CONFIG_KEYS))
    kubernetes.use_secret_as_env(task, SECRET, secret, optional=True)
    kubernetes.use_config_map_as_env(task, CONFIG_MAP, config, optional=True)
    for name, value in _LABELS.items():
        kubernetes.add_pod_label(task, name, value)
    return task


def _signature_parameter(field: Field) -> inspect.Parameter:
    default = inspect.Parameter.empty if field.default is None else field.default
    kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
    return inspect.Parameter(field.name, kind, default=default, annotation=field.type)


def _offer_choices(pipeline: BaseComponent) -> None:
    """Adds the allowed values of fields, which the server checks and the UI lists."""
    shown = pipeline.pipeline_spec.root.input_definitions.parameters
    for field in fields():
        shown[field.name].literals.extend(Value(string_value=each) for each in field.choices)


def compile_pipeline(path: Path) -> None:
    """Compiles the pipeline to ``path``."""
    nas.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
        [_signature_parameter(field) for field in fields()]
    )
    nas.__doc__ = docstring(
        "Searches the best network for labelled data, then trains, evaluates and exports it."
    )
    pipeline = dsl.pipeline(name="kubenas", display_name="kubenas: architecture search")(nas)
    _offer_choices(pipeline)
    compiler.Compiler().compile(pipeline, str(path))


if __name__ == "__main__":
    compile_pipeline(PACKAGE)

"""The pipeline: prepare, search, retrain, export, evaluate, report, and perhaps promote.

``python -m pipelines.nas`` compiles it to pipelines/nas.yaml, which is the product: the same file
runs on one machine and in Kubeflow.
"""

import inspect
from pathlib import Path
from typing import Any

from kfp import compiler, dsl
from kfp.dsl.base_component import BaseComponent

from components.evaluate.component import evaluate
from components.export.component import export
from components.prepare.component import prepare_component
from components.promote.component import promote
from components.report.component import report
from components.retrain.component import retrain
from components.search.component import search
from kubenas.parameters import Parameter, docstring, parameters

PACKAGE = Path(__file__).with_name("nas.yaml")


def nas(*values: Any) -> None:
    """Replaced below: the parameters are those of search.yaml."""
    given = dict(zip((parameter.name for parameter in parameters()), values, strict=True))
    prepared = _step(prepare_component, "Prepare data", **given)
    run = prepared.outputs["run"]
    searched = _step(search, "Search architectures", run=run)
    retrained = _step(
        retrain, "Retrain the winners", run=run, search_id=searched.outputs["search_id"]
    )
    exported = _step(export, "Export", run=run, model=retrained.outputs["model"])
    model = exported.outputs["saved_model"]
    evaluated = _step(evaluate, "Evaluate on the test split", run=run, saved_model=model)
    metrics = evaluated.outputs["metrics"]
    reported = _step(report, "Report", run=run, saved_model=model, metrics=metrics)
    # Last, so that a model that serving refuses has its report nevertheless. Of a step's outputs,
    # kfp.local knows in conditions the one that it returns.
    with dsl.If(evaluated.outputs["Output"] == "promote", name="decided to promote"):
        _step(promote, "Promote", run=run, saved_model=model).after(reported)


def _step(component: BaseComponent, title: str, /, **arguments: Any) -> dsl.PipelineTask:
    # Steps find their own finished work; a cache would not see that an object has gone.
    return component(**arguments).set_display_name(title).set_caching_options(False)


def _signature_parameter(parameter: Parameter) -> inspect.Parameter:
    default = inspect.Parameter.empty if parameter.default is None else parameter.default
    kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
    return inspect.Parameter(parameter.name, kind, default=default, annotation=parameter.type)


def compile_pipeline(path: Path) -> None:
    """Writes the compiled pipeline to ``path``."""
    nas.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
        [_signature_parameter(parameter) for parameter in parameters()]
    )
    nas.__doc__ = docstring(
        "Finds the best network for labelled data, trains, evaluates and exports it."
    )
    pipeline = dsl.pipeline(name="kubenas", display_name="kubenas: architecture search")(nas)
    compiler.Compiler().compile(pipeline, str(path))


if __name__ == "__main__":
    compile_pipeline(PACKAGE)

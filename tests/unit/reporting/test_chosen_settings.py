"""The settings that were chosen for the data, in the report."""

from dataclasses import replace

from kubenas.reporting.report import render_report

from .materials import Shape, material
from .page import Page


def test_the_report_says_which_settings_were_chosen_and_why() -> None:
    report = material(Shape(12))
    assert "Settings chosen for this data" not in Page(render_report(report)).text
    space = report.config.space.model_copy(update={"name": "residual"})
    config = report.config.model_copy(update={"space": space})
    opened = config.model_copy(update={"space": space.model_copy(update={"name": None})})
    text = Page(render_report(replace(report, config=config, written=opened))).text
    assert "Settings chosen for this data" in text
    assert "Search space residual: the default for images up to 96 pixels" in text
    assert "The default network shifts training images but does not mirror them" in text

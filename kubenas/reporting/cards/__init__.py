"""Markdown documents: the model card, the data card and the serving result."""

from kubenas.reporting.cards.data_card import render_data_card
from kubenas.reporting.cards.drift import drift_sentences
from kubenas.reporting.cards.handoff import render_handoff
from kubenas.reporting.cards.model_card import render_model_card

__all__ = [
    "drift_sentences",
    "render_data_card",
    "render_handoff",
    "render_model_card",
]

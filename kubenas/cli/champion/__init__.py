"""``kubenas champion``: the models in production."""

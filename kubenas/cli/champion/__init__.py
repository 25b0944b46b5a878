"""``kubenas champion``: the champion and its history."""

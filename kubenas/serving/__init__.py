"""Models in production: the promotion gate, the champion log and the hand-over to serving."""

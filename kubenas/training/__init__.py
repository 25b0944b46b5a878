"""What the process of an attempt does: describe, train, evaluate, export."""

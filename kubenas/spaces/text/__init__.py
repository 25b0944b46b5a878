"""The space ``text``: embeddings of words, an encoder and a pooling."""

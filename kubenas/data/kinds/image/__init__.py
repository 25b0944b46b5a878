"""Images: pixels of one shape and dtype, normalised by channel."""

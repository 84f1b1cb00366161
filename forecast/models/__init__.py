"""Models: one file per model. They know nothing of files, shapes on a map, or stock."""

"""The layers of the plan, one file each: `Settings` and `layer(parts, settings)`, which may add columns and rows of its own."""

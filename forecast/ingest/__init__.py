"""Sources: one file per kind. `use: table` in the config is forecast/ingest/table.py; its docstring is its input contract.

Modules whose name starts with `_` are no sources but what sources are made of: which files may be read (`_files`), how the rows
of a file format become text (`_csv`, `_xlsx`). A new format of tables is one such module and a line in `table.FORMATS`.
"""

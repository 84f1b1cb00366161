"""Sources: one file per kind. `use: table` in the config is forecast/ingest/table.py; its docstring is its input contract.

Modules whose name starts with `_` are no sources but what sources are made of. A table goes through them in this order:
which files may be read (`_files`), bytes -> text (`_text`), text -> rows with line numbers (`_csv`, `_xlsx` with `_sheet`),
rows -> header and body (`_grid`, with `_layout`, `_hxl`, `_notes`; `_parquet` has both at once), body -> our columns (`_ours`,
with `_columns`, `_numbers`, `_dates`, `_weeks`, `_totals`, `_scale`). A new format of tables is one such module and a line in
`table`.
"""

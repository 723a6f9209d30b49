"""Changing items while the application runs, each exactly once.

`item_operations`, `kind_operations` and `data_operations` are what migrations say;
`transforming` and `rebuilding` plan what items need, in `steps`; `edits` makes conditioned writes
of it; `runner` goes through a table, `segment` writes, `checkpoints` remembers how far it came;
`run` and `pacing` hold it all together.
"""

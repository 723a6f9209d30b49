"""Products out of files and into files.

`source` opens a file, `readers` makes rows of it, `mapping` makes product fields of a row,
`importer` hands them to `writer`, `checkpoint` and `jobs` remember how far it came, `exports`
writes files that `readers` understands. `sql_target` is how rows of a database enter.
"""

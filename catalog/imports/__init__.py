"""Products out of files and into files.

`source` opens a file, `readers` makes rows of it, `mapping` makes product fields of a row,
`importer` writes them, `checkpoint` and `jobs` remember how far it came, `exports` writes files
that `readers` understands.
"""

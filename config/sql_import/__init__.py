"""Rows of an SQL database into Backroom: see docs/import-sql.md.

`mapping` reads what an operator wrote, `conversion` makes values of it, `source` opens the
database, `schema` looks at it, `query` reads the rows, `run` hands them to a target. `listing` and
`draft` are what comes before. Only `source`, `schema`, `reading` and `query` need SQLAlchemy.
"""

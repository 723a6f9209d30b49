"""The permission matrix.

`pages` and `operations` are the tables: one line for each method of a page, and for each operation
of the API. `asks` says what a request needs besides: things in its address, a form, a header.
`world` makes these things. A new page or operation needs its lines, and an Ask where a plain
request would not do.
"""

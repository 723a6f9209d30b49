"""Tables that change over time.

`state` says what a table is, from its `models` or as migrations build it up. `migration` and
`operation` are the forms of a file and of what it says, `schema_operations` those on tables, made
of `schema_calls`. `loading` and `graph` find and order the files; `ledger` and `lease` remember
what was applied and who is at work; `planning` and `executor` decide and run. `drift` compares with
what the store has. Operations on items are in `items`, the making of files in `authoring`.
"""

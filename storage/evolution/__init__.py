"""Tables that change over time.

`state` says what a table is, from its models or as migrations build it up; `operations` change
it; `loading` and `graph` find and order the migration files; `ledger` remembers what was applied
and who is at work; `executor` plans and runs; `items` changes data while the application runs;
`autodetector` and `writer` make new migration files; `drift` compares with what the store has.
"""

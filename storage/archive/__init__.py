"""Archives: all tables in one folder, to be restored here or elsewhere, item by item the same.

`writing` makes one, `reading` proves that one is whole, `restoring` puts it into tables. `lines` is
the format of the data files, DynamoDB's own export format; `manifest` says what belongs to an
archive, `shapes` what its tables are.
"""

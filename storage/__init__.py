"""The DynamoDB layer: tables, transactions, cursors, audit, and the embedded engine.

It knows neither the web framework nor any app. Start with `table.Table` for a table,
`transactions.Transaction` for a write, and `pages.Page` for a list.
"""

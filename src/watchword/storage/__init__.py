"""The database: transactions, tables, rows that carry a digest of their content."""

"""SQL through expressions, never by joining strings: our own for DuckDB, sqlglot's for other dialects."""

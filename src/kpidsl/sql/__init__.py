"""SQL through sqlglot expressions, never by joining strings. The only home of sqlglot."""

"""What values mean: statuses, gaps, changes, and the records of a result."""

"""A declaration looked up by its name, and everything that is to be known of it without reading rows."""

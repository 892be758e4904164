"""What a spec means: names resolved, types and units checked, nothing of the syntax left but places."""

"""Spec tests: the `test` blocks of a spec set, run over the rows that stand in them."""

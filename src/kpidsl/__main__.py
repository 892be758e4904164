"""`python -m kpidsl`."""

from kpidsl.cli import run

run()

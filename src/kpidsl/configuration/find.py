"""Which kpidsl.toml counts: the one that is named, else the one beside the specs or the nearest above."""

from __future__ import annotations

import os
from pathlib import Path

from kpidsl.diagnostics import Problems, UsageError
from kpidsl.records import dataclass

FILE = "kpidsl.toml"
ENVIRONMENT = "KPIDSL_CONFIG"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a command line says of the configuration: a file, and the profile in it."""

    file: Path | None = None
    profile: str | None = None


def find(root: Path, wanted: Wanted, problems: Problems, *, untrusted: bool) -> Path | None:
    """The file to read. Raises UsageError where one is named that is not there, or where an untrusted spec would bring
    its own.
    """
    named = wanted.file or (Path(os.environ[ENVIRONMENT]) if os.environ.get(ENVIRONMENT) else None)
    root = root.resolve()
    if named is not None:
        if not named.is_file():
            raise UsageError(
                f"there is no configuration {named}", hint="`--config` and KPIDSL_CONFIG name a file, kpidsl.toml"
            )
        if untrusted and named.resolve().is_relative_to(root):
            raise UsageError(
                f"the configuration {named} lies inside the specs, which are not trusted",
                hint="keep it outside of their folder",
            )
        return named
    if untrusted:
        if (root / FILE).is_file():
            problems.warning(
                "K0813", f"{FILE} beside the specs is left out: they are not trusted", None,
                hint="name one outside of their folder: `--config FILE` or KPIDSL_CONFIG",
            )  # fmt: skip
        return None
    for folder in (root, *root.parents):
        file = folder / FILE
        if file.is_file():
            if is_anothers(file):
                problems.warning(
                    "K0813", f"{file} is left out: it belongs to another user", None,
                    hint="make it yours, or name it: `--config FILE`",
                )  # fmt: skip
                return None
            return file
    return None


def is_anothers(file: Path) -> bool:
    """Whether a file found on the way up belongs to somebody else than us and root: anybody may write to /tmp."""
    if not hasattr(os, "geteuid"):
        return False
    owner = file.stat().st_uid
    return owner not in (0, os.geteuid())

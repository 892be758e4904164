"""Where the grammar lies, and its text. Without Lark: a parse that finds its tables kept needs no more."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.util import find_spec
from pathlib import Path


def grammar_folder() -> Path:
    """Where the grammar lies: inside the installed package, or in the checkout of an editable install."""
    package = Path(__file__).resolve().parent.parent
    for folder in (package / "grammar", package.parent.parent / "grammar"):
        if folder.is_dir():
            return folder
    raise FileNotFoundError(f"the grammar of kpidsl is missing beside {package}: install kpidsl again")


@cache
def grammar_text() -> str:
    """All grammar files, concatenated in name order."""
    files = sorted(grammar_folder().glob("*.lark"))
    return "\n".join(file.read_text(encoding="utf-8") for file in files)


@cache
def makers() -> bytes:
    """A digest of what turns the grammar into a parser: Lark, and the modules here that edit and read it."""
    found = hashlib.sha256()
    lark = find_spec("lark")
    here = Path(__file__).parent
    for file in (lark.origin if lark is not None else None, here / "grammar.py", here / "tables.py"):
        if file is not None:
            found.update(Path(file).read_bytes())
    return found.digest()

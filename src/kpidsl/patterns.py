"""Regular expressions that are compiled when they are first used: a command needs few of those that it imports."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:

    def regex(text: str, flags: int = 0) -> re.Pattern[str]: ...

else:

    class regex:  # noqa: N801 -- stands for what `re.compile` makes
        """As `re.compile`; to compile a pattern takes as long as to import a small module."""

        def __init__(self, text: str, flags: int = 0) -> None:
            self._said = text, flags

        def __getattr__(self, name: str) -> Any:
            compiled = re.compile(*self._said)
            for method in ("search", "match", "fullmatch", "finditer", "findall", "sub", "split"):
                setattr(self, method, getattr(compiled, method))
            return getattr(compiled, name)

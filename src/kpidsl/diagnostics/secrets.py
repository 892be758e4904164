"""Texts that are never shown: passwords and keys, in whatever form a driver or a traceback repeats them."""

from __future__ import annotations

import re
from typing import Final

SHORTEST: Final = 3
"""Shorter texts are no secrets that could be kept, and taking them out would leave no message readable."""
HIDDEN: Final = "***"

_known: set[str] = set()


def remember(text: str) -> None:
    """Hide a text from now on: as it is, percent-encoded, escaped, and in base64."""
    if len(text) < SHORTEST:
        return
    import base64
    import json
    from urllib.parse import quote, quote_plus

    encoded = base64.b64encode(text.encode("utf-8", "surrogatepass")).decode("ascii")
    forms = {text, quote(text, safe=""), quote(text), quote_plus(text), json.dumps(text)[1:-1], repr(text)[1:-1]}
    forms |= {encoded, encoded.rstrip("="), encoded.replace("+", "-").replace("/", "_")}
    _known.update(form for form in forms if len(form) >= SHORTEST)


def redacted(text: str) -> str:
    """A text without the secrets that are known."""
    if not _known:
        return text
    longest_first = sorted(_known, key=len, reverse=True)
    return re.sub("|".join(map(re.escape, longest_first)), HIDDEN, text)

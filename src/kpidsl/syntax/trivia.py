"""Comments: not part of the grammar, found again in the text."""

from __future__ import annotations

from kpidsl.source_text import Source


def doc_comment(source: Source, offset: int) -> str | None:
    """The `##` lines that stand directly above a declaration, joined by line ends."""
    line, column = source.position(offset)
    if source.line(line)[: column - 1].strip():
        return None  # the comment is of what stands first on the line
    found: list[str] = []
    above = line - 1
    while above >= 1:
        text = source.line(above).strip()
        if not text.startswith("##"):
            break
        found.append(text[2:].strip())
        above -= 1
    return "\n".join(reversed(found)) if found else None

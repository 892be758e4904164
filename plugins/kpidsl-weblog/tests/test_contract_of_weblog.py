"""The suite that every source must pass, over logs of a format with two fields of one's own."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import ClassVar

import pyarrow as pa

from kpidsl.testing import SourceContract


def _escaped(value: object) -> str:
    """A value as nginx writes it."""
    match value:
        case None:
            return "-"
        case bool():
            return "true" if value else "false"
        case _:
            return "".join(
                letter if 32 <= ord(letter) < 127 and letter not in '"\\' else "".join(f"\\x{byte:02X}" for byte in letter.encode())
                for letter in str(value)
            )  # fmt: skip


class TestWeblog(SourceContract):
    lacks: ClassVar = {
        "instants_are_instants": "the time of a log is its column `time`, which its own tests look at",
        "only_what_is_asked_for_is_handed_out": "a field of one's own is text; its own tests ask for some columns",
        "it_can_be_read_by_several_at_once": "a field of one's own is text; its own tests read with threads",
    }

    def load(self, rows: pa.Table, folder: Path) -> str:
        name = f"{uuid.uuid4().hex}.log"
        lines = [" ".join(f'"{_escaped(value)}"' for value in row.values()) for row in rows.to_pylist()]
        (folder / name).write_text("".join(f"{line}\n" for line in lines), "ascii")
        fields = " ".join(f'\\"${column}\\"' for column in rows.column_names)
        return f'weblog("{name}", format: "{fields}")'

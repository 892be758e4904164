"""A spec with its data in a folder, evaluated."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import kpidsl

ORDERS = "at,region\n2026-03-02,north\n2026-03-09,south\n2026-03-20,north\n2026-04-10,north\n"
SOURCE = 'source orders { from csv("orders.csv"); time at }\nmetric sold "Sold" = count() from orders\n'


def written(folder: Path, spec: str, **files: str) -> kpidsl.SpecSet:
    folder.mkdir(exist_ok=True)
    (folder / "spec.kpi").write_text(SOURCE + spec, "utf-8")
    for name, text in {"orders": ORDERS, **files}.items():
        (folder / f"{name}.csv").write_text(text, "utf-8")
    return kpidsl.load(folder)


def document(specs: kpidsl.SpecSet, as_of: str, *select: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(specs.evaluate(as_of=as_of, select=select).to_json())
    return found

"""What a spec may write between the parentheses."""

from __future__ import annotations

from dataclasses import field

from kpidsl.records import dataclass
from kpidsl_weblog.formats import parsed


@dataclass(frozen=True, slots=True, kw_only=True)
class WeblogOptions:
    """Which logs, how their lines are written, and what a row is. Raises ValueError for what makes no sense."""

    path: tuple[str, ...] = field(
        metadata={
            "positional": True,
            "help": "log, pattern (`access.log*`) or list of them; .gz, .bz2 and .zst are unpacked",
        }
    )
    format: str = field(
        default="combined", metadata={"help": "combined, common, or a `log_format` of nginx or a `LogFormat` of Apache"}
    )
    rows: str = field(default="requests", metadata={"help": "what a row is: requests or sessions"})
    visitor: str | None = field(
        default=None,
        metadata={"help": "the field that tells visitors apart, such as a cookie; the address and agent without"},
    )
    idle_minutes: float = field(
        default=30.0, metadata={"help": "a visitor who is silent for longer begins a new session"}
    )
    goal: tuple[str, ...] = field(
        default=(), metadata={"help": "paths that a session is to reach (`/thanks*`): `converted` tells whether it did"}
    )
    pages: tuple[str, ...] = field(
        default=(), metadata={"help": "paths that are pages (`/shop/*`); without, all but files such as .css and .png"}
    )
    bots: tuple[str, ...] = field(
        default=(), metadata={"help": "words in an agent that make it a bot, besides the usual"}
    )
    max_bad: float = field(
        default=0.01, metadata={"help": "the share of lines that may be no lines of the format: more are an error"}
    )

    def __post_init__(self) -> None:
        if not self.path:
            raise ValueError("`path` names no file")
        if self.rows not in ("requests", "sessions"):
            raise ValueError("`rows` is requests or sessions")
        if not 0 < self.idle_minutes <= 7 * 24 * 60:
            raise ValueError("`idle_minutes` is more than 0, and a week at most")
        if not 0 <= self.max_bad <= 1:
            raise ValueError("`max_bad` is a share from 0 to 1: 0.01 is one line in a hundred")
        fields = {one.column for one in parsed(self.format).fields}
        if self.visitor is not None and self.visitor not in fields:
            raise ValueError(f"`visitor` is a field of the format: {', '.join(sorted(fields))}")
        if self.rows == "sessions":
            lacking = [name for name in ("time", "ip", "status") if name not in fields]
            if lacking and not (lacking == ["ip"] and self.visitor is not None):
                raise ValueError(f"sessions need the fields time, ip and status, and the format has no {lacking[0]}")
            if not fields & {"request", "path"}:
                raise ValueError("sessions need the request, which the format has not")
        elif self.goal:
            raise ValueError('`goal` is about sessions: write `rows: "sessions"` too')

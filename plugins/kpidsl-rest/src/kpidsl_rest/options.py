"""What a spec may write between the parentheses, and what kpidsl.toml may say of a connection."""

from __future__ import annotations

from dataclasses import field
from typing import Final
from urllib.parse import urlsplit

from kpidsl.hookspecs import Secret
from kpidsl.records import dataclass

UNSAID: Final = ""
"""Of `paging`: there is one page, and an answer that tells of more is an error."""
PAGINGS: Final = ("none", "page", "offset", "cursor", "next", "link")
FORMATS: Final = ("json", "csv")
TIME_FORMATS: Final = ("iso", "date", "unix", "unix_ms")


@dataclass(frozen=True, slots=True)
class RestConnection:
    """Where a service is and who asks. At most one way to say who: `token`, `api_key`, `user` or `client_id`."""

    url: str = field(metadata={"help": "where all paths start: https://api.example.com/v1"})
    token: Secret | None = field(default=None, metadata={"help": "sent as a bearer token"})
    api_key: Secret | None = field(default=None, metadata={"help": "sent as `key_header` or `key_param` says"})
    key_header: str | None = field(default=None, metadata={"help": "the header that carries the key"})
    key_param: str | None = field(default=None, metadata={"help": "the parameter of the query that carries the key"})
    user: str | None = field(default=None, metadata={"help": "for basic authentication"})
    password: Secret | None = field(default=None, metadata={"help": "for basic authentication"})
    client_id: str | None = field(default=None, metadata={"help": "for OAuth 2 client credentials"})
    client_secret: Secret | None = field(default=None, metadata={"help": "for OAuth 2 client credentials"})
    token_url: str | None = field(default=None, metadata={"help": "where OAuth tokens are had"})
    scope: str | None = field(default=None, metadata={"help": "the scope to ask a token for"})
    client_auth: str = field(default="basic", metadata={"help": "how the client's secret is sent: basic or body"})

    def __post_init__(self) -> None:
        for name in ("url", "token_url"):
            text = getattr(self, name)
            if text is not None:
                _check_url(name, text)
        ways = [name for name in ("token", "api_key", "user", "client_id") if getattr(self, name) is not None]
        if len(ways) > 1:
            raise ValueError(f"`{ways[0]}` and `{ways[1]}` are two ways to say who asks: keep one")
        if self.api_key is not None and (self.key_header is None) == (self.key_param is None):
            raise ValueError("`api_key` needs `key_header` or `key_param`, and not both")
        if self.client_id is not None and (self.client_secret is None or self.token_url is None):
            raise ValueError("`client_id` needs `client_secret` and `token_url`")
        if self.client_auth not in ("basic", "body"):
            raise ValueError("`client_auth` is basic or body")


@dataclass(frozen=True, slots=True)
class RestOptions:
    """What is asked for, and how its pages follow one another."""

    path: str = field(metadata={"positional": True, "help": "below the connection's url; may have a query"})
    format: str = field(default="json", metadata={"help": "json or csv"})
    records: str = field(default="", metadata={"help": "where the records are in an answer: `data.items`"})
    columns: tuple[str, ...] = field(default=(), metadata={"help": "names, or `name = path.in.a.record`; all without"})
    params: tuple[str, ...] = field(default=(), metadata={"help": "parameters of the query: `name=value`"})
    paging: str = field(default=UNSAID, metadata={"help": ", ".join(PAGINGS)})
    page_param: str = field(default="page", metadata={"help": "with `page`: the parameter of the page's number"})
    first_page: int = field(default=1, metadata={"help": "with `page`: the number of the first one"})
    offset_param: str = field(default="offset", metadata={"help": "with `offset`: the parameter of rows to skip"})
    size_param: str | None = field(default=None, metadata={"help": "the parameter of the page's size"})
    size: int | None = field(default=None, metadata={"help": "how many records a page is to have"})
    cursor_param: str = field(default="cursor", metadata={"help": "with `cursor`: the parameter that carries it"})
    next: str = field(default="next", metadata={"help": "with `cursor` and `next`: where it is in an answer"})
    max_pages: int = field(default=10_000, metadata={"help": "more pages than these are an error"})
    end_param: str | None = field(default=None, metadata={"help": "the parameter of the first instant not needed"})
    start_param: str | None = field(default=None, metadata={"help": "the parameter of the first instant needed"})
    time_format: str = field(default="iso", metadata={"help": ", ".join(TIME_FORMATS)})

    def __post_init__(self) -> None:
        choices = (("paging", PAGINGS), ("format", FORMATS), ("time_format", TIME_FORMATS))
        for name, known in choices:
            if getattr(self, name) not in (*known, *((UNSAID,) if name == "paging" else ())):
                raise ValueError(f"`{name}` is one of {', '.join(known)}")
        parts = urlsplit(self.path)
        if parts.scheme or parts.netloc or self.path.startswith("//") or "\\" in self.path:
            raise ValueError("`path` starts below the connection's url: the host stands in kpidsl.toml")
        if ".." in parts.path.split("/") or "%2e" in parts.path.lower():
            raise ValueError("`path` cannot leave the connection's url: no `..`")
        if self.size is not None and self.size < 1:
            raise ValueError("`size` is at least 1")
        if self.max_pages < 1:
            raise ValueError("`max_pages` is at least 1")
        if (self.size is None) != (self.size_param is None):
            raise ValueError("`size` and `size_param` go together: how many records a page, and the parameter for it")
        if self.format == "csv" and (self.records or self.paging in ("cursor", "next")):
            raise ValueError("a CSV answer has no `records`, and no `cursor` or `next` in it")
        for text in self.params:
            if "=" not in text:
                raise ValueError(f"`params` are written `name=value`, and `{text}` is not")


def _check_url(name: str, text: str) -> None:
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(f"`{name}` is a whole URL: https://api.example.com/v1")
    if parts.username is not None or parts.password is not None:
        raise ValueError(f"`{name}` holds no user and password: they have settings of their own")
    if parts.query or parts.fragment:
        raise ValueError(f"`{name}` has no query")

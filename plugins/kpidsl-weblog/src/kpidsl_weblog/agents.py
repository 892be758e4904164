"""What is told of a request by its agent and path: bots that say so, and pages."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Collection, Sequence
from fnmatch import translate
from typing import Final, Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")
_BOTS: Final = (
    "(?<!cu)bot|crawl|spider|slurp|archiver|curl/|wget/|python-|aiohttp|httpx/|libwww|go-http-client|okhttp|java/|ruby"
    "|perl|php/|axios|node-fetch|scrapy|headless|phantomjs|selenium|puppeteer|playwright|lighthouse|pingdom|uptime"
    "|monitor|check_http|nagios|zabbix|prometheus|zgrab|masscan|nmap|nikto|nuclei|censys|facebookexternalhit|preview"
    "|feedfetcher|feedly|validator"
)
_FILES: Final = re.compile(
    rb"(?i)\.(?:css|js|mjs|map|json|xml|txt|ico|png|jpe?g|gif|svg|webp|avif|bmp|woff2?|ttf|eot|otf|mp[34]|webm|ogg|pdf"
    rb"|zip|gz|wasm|webmanifest)$|^/favicon|^/robots\.txt|^/\.well-known/"
)
_MOST: Final = 200_000


class Memo(dict[K, V], Generic[K, V]):
    """What a function said of a value before; emptied where it grows large."""

    def __init__(self, function: Callable[[K], V]) -> None:
        super().__init__()
        self._function = function

    def __missing__(self, key: K) -> V:
        if len(self) >= _MOST:
            self.clear()
        value = self[key] = self._function(key)
        return value


def bots(words: Collection[str]) -> Callable[[bytes], bool]:
    """Whether an agent says that it is a program: by a word in it, or by saying nothing."""
    extra = "".join(f"|{re.escape(word)}" for word in words)
    pattern = re.compile(f"(?i){_BOTS}{extra}".encode())

    def is_bot(agent: bytes) -> bool:
        return agent in (b"", b"-") or pattern.search(agent) is not None

    return is_bot


def paths(patterns: Sequence[str]) -> Callable[[bytes], bool]:
    """Whether a path is one of the patterns; without patterns, whether it is no file beside a page."""
    if not patterns:
        return lambda path: path != b"" and _FILES.search(path) is None
    found = re.compile("|".join(translate(pattern) for pattern in patterns).encode())
    return lambda path: found.match(path) is not None


def visitor(identity: tuple[bytes, ...]) -> str:
    """A visitor's name, which does not tell the address: sixteen hexadecimal digits of a hash."""
    return hashlib.blake2b(b"\0".join(identity), digest_size=8).hexdigest()

"""Requests to one host, with who asks, tries and time limits; every failure is a SourceError that names the source."""

from __future__ import annotations

import base64
import math
import time
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Self
from urllib.parse import quote_plus, urljoin

import httpx

from kpidsl.diagnostics import SourceError, told
from kpidsl.hookspecs import Limits, Secret
from kpidsl.sources.unreached import unreached
from kpidsl_rest.options import RestConnection

PASSING = frozenset({429, 500, 502, 503, 504})
"""Answers that may be others the next time."""
REDIRECTS = 5
MOST_BYTES = 256 * 1024 * 1024
"""Of one answer, unpacked. What it says takes ten times as much once it is read."""
_OF_THE_WIRE = frozenset({b"content-encoding", b"content-length", b"transfer-encoding"})
FIRST_PAUSE = 0.5  # seconds, doubled for each further try
Params = tuple[tuple[str, str], ...]


class Client:
    """What one scan asks with. Tries a request again, and not the pages before it: so what it raises is final."""

    def __init__(self, connection: RestConnection, name: str, limits: Limits) -> None:
        self.connection, self.name, self.limits = connection, name, limits
        self._end = time.monotonic() + limits.timeout
        self._bearer: Secret | None = connection.token
        try:
            self._http = httpx.Client(
                timeout=httpx.Timeout(limits.timeout, connect=limits.connect_timeout), follow_redirects=False
            )
        except (OSError, ValueError, ImportError) as error:
            hint = "look at what the environment says: SSL_CERT_FILE, SSL_CERT_DIR, HTTPS_PROXY, ALL_PROXY"
            raise self._error(f"cannot be asked from here: {told(error)}", "K0602", hint) from None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def get(self, url: str, params: Params = ()) -> httpx.Response:
        """The answer to a request to the connection's host; redirects are followed within it."""
        full = httpx.URL(url)
        if params:
            full = full.copy_with(params=[*full.params.multi_items(), *params])
        for _ in range(REDIRECTS):
            request = self._http.build_request("GET", self._keyed(full), headers=self._headers())
            answer = self._patiently(request)
            if not answer.has_redirect_location:
                return answer
            full = httpx.URL(self.joined(answer, answer.headers["location"], "redirects to"))
        raise self._error(f"redirects more than {REDIRECTS} times", "K0602", "name the final path in the spec")

    def joined(self, answer: httpx.Response, target: str, does: str) -> str:
        """The URL that an answer leads to. Raises where it is not of the connection's scheme, host and port: no
        credential goes elsewhere.
        """
        try:
            url = urljoin(str(answer.request.url), target)
            is_ours, host = _origin(url) == _origin(self.connection.url), httpx.URL(url).host
        except (httpx.InvalidURL, ValueError):
            is_ours, url, host = False, "", "which is no address"
        if not is_ours:
            raise self._error(
                f"{does} another host, {host}", "K0602",
                "nothing is sent there; if it is right, make it the `url` of the connection in kpidsl.toml",
            )  # fmt: skip
        return url

    def below(self, path: str) -> str:
        return f"{self.connection.url.rstrip('/')}/{path.lstrip('/')}" if path else self.connection.url

    def _headers(self) -> httpx.Headers:
        one = self.connection
        found = {"Accept": "application/json, text/csv;q=0.9"}
        if one.client_id is not None and self._bearer is None:
            self._bearer = self._fetch_token(one.client_id)
        if self._bearer is not None:
            found["Authorization"] = f"Bearer {self._bearer.reveal()}"
        elif one.api_key is not None and one.key_header is not None:
            found[one.key_header] = one.api_key.reveal()
        elif one.user is not None:
            found["Authorization"] = _basic(one.user, one.password)
        return httpx.Headers(found, encoding="utf-8")

    def _keyed(self, url: httpx.URL) -> httpx.URL:
        one = self.connection
        if one.api_key is None or one.key_param is None:
            return url
        return url.copy_set_param(one.key_param, one.api_key.reveal())

    def _fetch_token(self, client: str) -> Secret:
        """A token by client credentials (RFC 6749, section 4.4)."""
        one = self.connection
        assert one.token_url is not None and one.client_secret is not None
        form, headers = {"grant_type": "client_credentials"}, {"Accept": "application/json"}
        if one.scope is not None:
            form["scope"] = one.scope
        if one.client_auth == "body":
            form |= {"client_id": client, "client_secret": one.client_secret.reveal()}
        else:
            encoded = Secret(quote_plus(one.client_secret.reveal()))
            headers["Authorization"] = _basic(quote_plus(client), encoded)
        answer = self._patiently(self._http.build_request("POST", one.token_url, data=form, headers=headers))
        try:
            token = answer.json()["access_token"]
        except (ValueError, KeyError, TypeError):
            token = None
        if not isinstance(token, str) or not token:
            raise self._error(
                "gave no access token", "K0602", "is `token_url` the address of its token endpoint?"
            ) from None
        return Secret(token)

    def _patiently(self, request: httpx.Request) -> httpx.Response:
        for attempt in range(self.limits.retries + 1):
            last = attempt == self.limits.retries
            pause = FIRST_PAUSE * 2**attempt
            try:
                answer = self._whole(request)
            except httpx.TimeoutException as error:
                waited = "connect_timeout" if isinstance(error, httpx.ConnectTimeout) else "timeout"
                if last or self._left() < pause:
                    hint = f"is it up? More time: `{waited}` of `{self.name}` in kpidsl.toml"
                    raise self._error("did not answer in time", "K0617", hint) from None
            except httpx.ConnectError as error:
                host = request.url.netloc.decode("ascii")
                why = unreached(error, host)
                if why is not None and (why.is_final or last or self._left() < pause):
                    raise self._error(why.does, "K0601", why.hint) from None
                if last or self._left() < pause:
                    hint = f"is `url` of `{self.name}` in kpidsl.toml right, and the service up?"
                    raise self._error(f"cannot be reached at {host}", "K0601", hint) from None
            except httpx.HTTPError as error:
                if last or self._left() < pause:
                    what = f"broke off its answer to {request.url.path} ({type(error).__name__})"
                    raise self._error(what, "K0602", "try again; if it stays so, ask for smaller pages") from None
            else:
                if answer.status_code not in PASSING:
                    return self._checked(answer)
                asked = _retry_after(answer)
                pause = pause if asked is None else asked
                if last or self._left() < pause:
                    raise self._status(answer)
            time.sleep(pause)
        raise AssertionError("the last try returns or raises")

    def _whole(self, request: httpx.Request) -> httpx.Response:
        """An answer with its body, unpacked. Raises for one that has no end, or is not there in time."""
        answer = self._http.send(request, stream=True)
        body = bytearray()
        try:
            for part in answer.iter_bytes():
                body += part
                if len(body) > MOST_BYTES:
                    what = f"gave more than {MOST_BYTES // 1024 // 1024} MB in one answer to {request.url.path}"
                    raise self._error(what, "K0602", "ask for pages (`paging`, `size`), or for less (`params`)")
                if self._left() < 0:
                    raise httpx.ReadTimeout("the answer goes on", request=request)
        finally:
            answer.close()
        headers = [(name, value) for name, value in answer.headers.raw if name.lower() not in _OF_THE_WIRE]
        return httpx.Response(
            answer.status_code, headers=headers, content=bytes(body), request=request, extensions=answer.extensions
        )

    def _left(self) -> float:
        return self._end - time.monotonic()

    def _checked(self, answer: httpx.Response) -> httpx.Response:
        if answer.is_success or answer.has_redirect_location:
            return answer
        raise self._status(answer)

    def _status(self, answer: httpx.Response) -> SourceError:
        said = f"answered {answer.status_code} {answer.reason_phrase} to {answer.request.url.path}"
        match answer.status_code:
            case 401 | 403:
                return self._error(said, "K0602", f"are the credentials of `{self.name}` in kpidsl.toml right?")
            case 404 | 410:
                return self._error(said, "K0601", "is the path in the spec right?")
            case 429:
                asked = _retry_after(answer)
                wait = f"it asks to wait {math.ceil(asked):,} s: " if asked is not None else ""
                return self._error(said, "K0602", f"{wait}try later, or raise `timeout` and `retries`")
            case code if code >= 500:
                return self._error(said, "K0602", "the service has a problem of its own: try later")
            case _:
                return self._error(said, "K0602", "are `path` and `params` what the service's documentation asks for?")

    def _error(self, message: str, code: str, hint: str) -> SourceError:
        return SourceError(f"the service `{self.name}` {message}", code=code, hint=hint)


def _basic(user: str, password: Secret | None) -> str:
    pair = f"{user}:{password.reveal() if password is not None else ''}"
    encoded = base64.b64encode(pair.encode()).decode("ascii")
    return f"Basic {Secret(encoded).reveal()}"


def _origin(url: str) -> tuple[str, str | None, int | None]:
    parts = httpx.URL(url)
    return parts.scheme, parts.host, parts.port or {"http": 80, "https": 443}.get(parts.scheme)


def _retry_after(answer: httpx.Response) -> float | None:
    """Seconds a server asks to wait (RFC 9110, section 10.2.3): a number or a date; None where it does not say."""
    text = answer.headers.get("retry-after", "").strip()
    if text.isascii() and text.isdigit():
        return float(text)
    try:
        then = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    return max((then if then.tzinfo else then.replace(tzinfo=UTC)).timestamp() - datetime.now(UTC).timestamp(), 0.0)

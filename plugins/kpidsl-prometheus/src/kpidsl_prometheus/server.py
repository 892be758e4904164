"""Range queries to one server, and its failures as SourceErrors that name the connection."""

from __future__ import annotations

import base64
import json
from typing import Any, Self

import httpx

from kpidsl.diagnostics import SourceError, told
from kpidsl.hookspecs import Limits, Secret
from kpidsl.sources.unreached import unreached
from kpidsl_prometheus.options import PrometheusConnection

PASSING = frozenset({429, 500, 502, 503, 504})
Series = dict[str, Any]


class Server:
    """What one scan asks. Tries nothing again itself: what may pass is `transient`."""

    def __init__(self, connection: PrometheusConnection, name: str, limits: Limits) -> None:
        self.connection, self.name, self.limits = connection, name, limits
        try:
            self._http = httpx.Client(
                timeout=httpx.Timeout(limits.timeout, connect=limits.connect_timeout),
                headers=httpx.Headers(_who(connection), encoding="utf-8"),
                follow_redirects=False,
            )
        except (OSError, ValueError, ImportError) as error:
            hint = "look at what the environment says: SSL_CERT_FILE, SSL_CERT_DIR, HTTPS_PROXY, ALL_PROXY"
            raise self._error(f"cannot be asked from here: {told(error)}", hint) from None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def series(self, query: str, first: int, last: int, step: int) -> list[Series]:
        """The series of an expression at the moments from `first` to `last` (ms since 1970), `step` ms apart."""
        form = {"query": query, "start": _seconds(first), "end": _seconds(last), "step": _seconds(step)}
        form["timeout"] = f"{max(int(self.limits.timeout * 1000), 1)}ms"
        answer = self._post("api/v1/query_range", form)
        body = self._body(answer)
        if not answer.is_success:
            raise self._status(answer, str(body.get("error", "")))
        if warnings := body.get("warnings"):
            raise self._error(
                f"warns that its answer may be incomplete: {warnings[0]}", "make it whole, then try again"
            )
        data = body.get("data")
        if body.get("status") != "success" or not isinstance(data, dict) or data.get("resultType") != "matrix":
            raise self._error("gave an answer that is none to a range query", "is `url` that of a Prometheus server?")
        found: list[Series] = data["result"]
        return found

    def _post(self, path: str, form: dict[str, str]) -> httpx.Response:
        url = f"{self.connection.url.rstrip('/')}/{path}"
        hint = f"is `url` of `{self.name}` in kpidsl.toml right, and the server up?"
        try:
            return self._http.post(url, data=form)
        except httpx.ConnectTimeout:
            raise self._error("did not answer in time", hint, "K0617", transient=True) from None
        except httpx.TimeoutException:
            what = "ask for less – a larger `step`, a shorter `last` – or raise `timeout` in kpidsl.toml"
            raise self._error("did not answer in time", what, "K0617") from None
        except httpx.ConnectError as error:
            where = httpx.URL(url).netloc.decode("ascii")
            why = unreached(error, where)
            if why is not None:
                raise self._error(why.does, why.hint, "K0601", transient=not why.is_final) from None
            raise self._error(f"cannot be reached at {where}", hint, "K0601", transient=True) from None
        except httpx.HTTPError as error:
            what = f"broke off its answer ({type(error).__name__})"
            raise self._error(what, "try again; if it stays so, set `points` lower", transient=True) from None

    def _body(self, answer: httpx.Response) -> dict[str, Any]:
        try:
            body = json.loads(answer.content)
        except (ValueError, RecursionError):
            body = None
        if isinstance(body, dict):
            return body
        if not answer.is_success:
            return {}
        kind = answer.headers.get("content-type", "no type")
        raise self._error(
            f"answered with what is not JSON, or half of it ({len(answer.content):,} bytes, {kind})",
            "is `url` that of a Prometheus server? If it is, try again later",
        )

    def _status(self, answer: httpx.Response, said: str) -> SourceError:
        what = f"answered {answer.status_code} {answer.reason_phrase}" + (f": {said}" if said else "")
        match answer.status_code:
            case 400:
                return self._error(what, "is the PromQL of the spec right?")
            case 401 | 403:
                return self._error(what, f"are the credentials of `{self.name}` in kpidsl.toml right?")
            case 404 | 405:
                return self._error(what, f"is `url` of `{self.name}` in kpidsl.toml that of the server?", "K0601")
            case 422:
                return self._error(what, "ask for less: a larger `step`, fewer series, `points` lower")
            case code if code in PASSING:
                wait = answer.headers.get("retry-after", "")
                pause = float(wait) if wait.isascii() and wait.isdigit() else None
                return self._error(what, "the server has a problem of its own: try later", transient=True, pause=pause)
            case _:
                return self._error(what, f"is `url` of `{self.name}` in kpidsl.toml that of the server?")

    def _error(
        self, message: str, hint: str, code: str = "K0602", *, transient: bool = False, pause: float | None = None
    ) -> SourceError:
        text = f"the Prometheus server `{self.name}` {message}"
        return SourceError(text, code=code, hint=hint, transient=transient, retry_after=pause)


def _who(connection: PrometheusConnection) -> dict[str, str]:
    found = {"Accept": "application/json"}
    if connection.tenant is not None:
        found["X-Scope-OrgID"] = connection.tenant
    if connection.token is not None:
        found["Authorization"] = f"Bearer {connection.token.reveal()}"
    elif connection.user is not None:
        password = connection.password.reveal() if connection.password is not None else ""
        pair = Secret(base64.b64encode(f"{connection.user}:{password}".encode()).decode("ascii"))
        found["Authorization"] = f"Basic {pair.reveal()}"
    return found


def _seconds(milliseconds: int) -> str:
    return f"{milliseconds // 1000}.{milliseconds % 1000:03}"

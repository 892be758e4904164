"""Why a host could not be reached over TLS or by its name, as far as an exception tells: for plugins that ask
services.
"""

from __future__ import annotations

from collections.abc import Iterator

from kpidsl.records import dataclass


@dataclass(frozen=True, slots=True)
class Unreached:
    """What a service does, behind its name, and what to do; `is_final` where another try would come to the same."""

    does: str
    hint: str
    is_final: bool


def unreached(error: BaseException, host: str) -> Unreached | None:
    """Why, from an exception or what it came from; None where nobody answered, or that is all it says."""
    import socket
    import ssl

    for one in _behind(error):
        if isinstance(one, ssl.SSLCertVerificationError):
            said = one.verify_message.rstrip(".")
            return Unreached(f"at {host} shows a certificate that is not trusted: {said}", _remedy(said), True)
        if isinstance(one, ssl.SSLError):
            kind = (one.reason or "no reason given").replace("_", " ").lower()
            return Unreached(f"at {host} does not speak TLS as is asked for: {kind}", "is it http, not https?", True)
        if isinstance(one, socket.gaierror):
            hint = "is its `url` in kpidsl.toml right, and are names looked up on this machine?"
            return Unreached(f"cannot be reached: no address is known for {host}", hint, False)
    return None


def _behind(error: BaseException) -> Iterator[BaseException]:
    seen: list[BaseException] = []
    one: BaseException | None = error
    while one is not None and one not in seen:
        yield one
        seen.append(one)
        one = one.__cause__ or one.__context__


def _remedy(said: str) -> str:
    if "expired" in said or "not yet valid" in said:
        return "those who run the service renew it; is the clock of this machine right?"
    if "mismatch" in said:
        return "name the host that the certificate is for in its `url` in kpidsl.toml"
    return "where an authority of your own signed it, name the file with that one's certificate: export SSL_CERT_FILE=…"

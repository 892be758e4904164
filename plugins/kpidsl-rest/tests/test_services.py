"""The blocks of SERVICES.md over answers of the shape that each service documents, two pages each."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

import kpidsl
from servers.answering import Answer, Asked, serving

PAGE = Path(__file__).resolve().parents[1] / "SERVICES.md"
SECTIONS = {part.partition(":")[0]: part for part in PAGE.read_text("utf-8").split("\n## ")[1:]}


def hubspot(path: str, query: dict[str, str]) -> Any:
    assert (path, query["limit"]) == ("/crm/v3/objects/deals", "100")
    deal = {
        "id": "1",
        "properties": {"amount": "10.5", "closedate": "2026-03-07T16:50:06.678Z", "dealstage": "closedwon"},
    }
    paging = {} if "after" in query else {"paging": {"next": {"after": "NTI1", "link": "https://api.hubapi.com/x"}}}
    return {"results": [deal], **paging}


def salesforce(path: str, query: dict[str, str]) -> Any:
    if path == "/services/oauth2/token":
        return {
            "access_token": "00D-token",
            "instance_url": "https://example.my.salesforce.com",
            "token_type": "Bearer",
        }
    deal = {
        "attributes": {"type": "Opportunity"},
        "Id": "006",
        "Amount": 10.5,
        "CloseDate": "2026-03-07",
        "StageName": "Closed Won",
    }
    if path == "/services/data/v60.0/query":
        assert query["q"].startswith("SELECT Id, Amount")
        return {
            "done": False,
            "totalSize": 2,
            "nextRecordsUrl": "/services/data/v60.0/query/01g-2000",
            "records": [deal],
        }
    assert (path, query) == ("/services/data/v60.0/query/01g-2000", {})
    return {"done": True, "totalSize": 2, "records": [deal]}


def pipedrive(path: str, query: dict[str, str]) -> Any:
    assert path == "/api/v2/deals"
    deal = {"id": 1, "value": 10.5, "currency": "EUR", "status": "won", "won_time": "2026-03-07T16:50:06Z"}
    return {"success": True, "data": [deal], "additional_data": {"next_cursor": None if "cursor" in query else "eyJk"}}


def mailchimp(path: str, query: dict[str, str]) -> Any:
    assert path == "/3.0/campaigns"
    first = int(query["offset"])
    sent = [{"id": str(each), "send_time": "2026-03-07T16:50:06+00:00", "emails_sent": 10} for each in range(3)]
    return {"campaigns": sent[first : first + 2], "total_items": 3}


def matomo(path: str, query: dict[str, str]) -> Any:
    assert (path, query["method"], query["token_auth"]) == ("/index.php", "Live.getLastVisitsDetails", "k-secret-9")
    first = int(query["filter_offset"])
    visits = [{"idVisit": each, "visitorId": "ab", "serverDate": "2026-03-07", "actions": "3"} for each in range(3)]
    return visits[first : first + 2]


@pytest.mark.parametrize(
    ("section", "respond", "value"),
    [
        ("HubSpot", hubspot, Decimal(21)),
        ("Salesforce", salesforce, Decimal(21)),
        ("Pipedrive", pipedrive, Decimal(21)),
        ("Mailchimp", mailchimp, Decimal(30)),
        ("Matomo", matomo, Decimal(3)),
    ],
)
def test_a_service_is_read(
    section: str, respond: Any, value: Decimal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    blocks = [part.partition("\n") for part in SECTIONS[section].split("```")[1::2]]
    (settings,) = (body for kind, _, body in blocks if kind == "toml")
    (spec,) = (body for kind, _, body in blocks if kind == "kpi")
    (metric,) = (line.split()[1] for line in spec.splitlines() if line.startswith("metric "))

    def answer(asked: Asked) -> Answer:
        parts = urlsplit(asked.path)
        return Answer(json.dumps(respond(parts.path, {name: each[0] for name, each in parse_qs(parts.query).items()})))

    with serving(answer) as service:
        for line in settings.splitlines():
            if "https://" in line:
                host = "https://" + line.split("https://")[1].split('"')[0].split("/")[0]
                settings = settings.replace(host, service.url)
            if "{env = " in line:
                monkeypatch.setenv(line.split('{env = "')[1].split('"')[0], "k-secret-9")
        (tmp_path / "kpidsl.toml").write_text(settings, "utf-8")
        kpi = f"kpi asked {{ value {metric} over last month; target >= 1 }}\n"
        (tmp_path / "spec.kpi").write_text(spec + kpi, "utf-8")
        results = kpidsl.load([tmp_path / "spec.kpi"]).evaluate(as_of="2026-03-31")
    assert not results.errors, results.errors
    assert results.kpis[0].assessment.value == value


def test_every_service_is_tried() -> None:
    assert set(SECTIONS) == {"HubSpot", "Salesforce", "Pipedrive", "Mailchimp", "Matomo"}

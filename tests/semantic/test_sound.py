"""What looks like a mistake and is none: nothing is said of it."""

from __future__ import annotations

import pytest

from semantic.cases import checked

SOUND = {
    "a derived column made of a param, which may be set to something else": """
        param region = "EU"
        source visits { from csv("v.csv"); time at; let home = country == param.region; let near = home or false }
        kpi a { value count() from visits where near and country == "US" and home over last month; target >= 1 }
    """,
    "a time less a column of which nothing is known": """
        source visits { from csv("v.csv"); time at; column began: timestamp }
        kpi a { value avg(ended - began) from visits over last month; target <= 5 minutes }
        kpi b { value avg(began - ordered) from visits over last month; target <= 5 minutes }
    """,
    "a policy that stands for a preset": """
        policy pace { on_track progress >= 90% of expected }
    """,
}


@pytest.mark.parametrize("text", SOUND.values(), ids=SOUND)
def test_nothing_is_said(text: str) -> None:
    assert checked(("a.kpi", text), schemas={}, tidily=True).codes == []

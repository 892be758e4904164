"""What a connection may say, and that a password in a URL is refused and never shown."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest

from kpidsl.cli import main

SPEC = 'source s { from sqlalchemy(shop, table: "t"); time at }\nmetric m = count() from s over last month\n'


def checked(folder: Path, settings: str, capsys: pytest.CaptureFixture[str]) -> str:
    (folder / "spec.kpi").write_text(SPEC, "utf-8")
    (folder / "kpidsl.toml").write_text(f'[connections.shop]\nprovider = "sqlalchemy"\n{settings}\n', "utf-8")
    with suppress(SystemExit):
        main(["check", str(folder)])
    return "".join(capsys.readouterr())


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ('url = "mariadb://me:hunter2hunter2@db/shop"', "`url` holds a password"),
        ('url = "mariadb://me:hunter2@hunter2@db/shop"', "`url` holds a password"),
        ('url = "mariadb://:hunter2hunter2@db/shop"', "`url` holds a password"),
        ('url = "mariadb://db/shop?password=hunter2hunter2"', "`url` holds a secret, `password`"),
        ('url = "mariadb://db/shop?passwd=hunter2hunter2"', "`url` holds a secret, `passwd`"),
        ('url = "mariadb://me@db/shop"\nuser = "you"', "the user stands in `url` and in `user`"),
        ('url = "db.example.org"', "`url` is one of SQLAlchemy"),
        ('url = "mariadb://db/shop"\nsslmode = "always"', "`sslmode` is one of disable, prefer"),
        ('url = "mariadb://db/shop"\npassword = "hunter2hunter2"', "is a secret, and stands here"),
        ('user = "me"', "url"),
    ],
)
def test_what_a_connection_may_not_say(
    tmp_path: Path, settings: str, says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    said = checked(tmp_path, settings, capsys)
    assert says in said
    assert "hunter2" not in said.replace('password = "hunter2hunter2"', "")


@pytest.mark.parametrize(
    "settings",
    [
        'url = "mariadb://me@db:3307/shop?charset=utf8mb4"',
        'url = {env = "SOMEWHERE"}\nuser = "me"\npassword = {env = "NOT_SET"}',
        'url = "sqlite:///shop.db"',
    ],
)
def test_what_it_may_say(tmp_path: Path, settings: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert "no problems" in checked(tmp_path, settings, capsys)

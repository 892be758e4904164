"""A session of our own at a master: one program, since starting its driver is what takes long."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from kpidsl.diagnostics import SourceError
from kpidsl_spark import driver
from servers.running import Server
from servers.spark_tables import OWN, own_session

pytestmark = pytest.mark.server

PROGRAM = """
    import json, os, sys, threading, time
    from pathlib import Path
    from kpidsl import load
    from kpidsl.diagnostics import SourceError
    from kpidsl.hookspecs import ColumnRequest, ScanRequest
    from kpidsl.testing.opened import dataset_of
    from kpidsl_spark import sessions

    folder, settings = Path(sys.argv[1]), json.loads(sys.argv[2])

    def told(**more):
        print(json.dumps(more), flush=True)

    def evaluated(source, toml):
        (folder / "kpidsl.toml").write_text(toml, "utf-8")
        (folder / "spec.kpi").write_text((folder / "spec.in").read_text("utf-8").replace("SOURCE", source), "utf-8")
        found = load([folder / "spec.kpi"]).evaluate(as_of="2026-03-31")
        return {one.name: str(one.value) for one in found.metrics}, [[e.code, e.message, e.hint] for e in found.errors]

    # No worker has so much memory: the job would wait forever.
    told(unasked=evaluated('spark(lake, path: "nowhere/*.parquet")', settings["large"]))
    settings["large"] += "timeout = 4\\n"
    told(starved=evaluated('spark(lake, path: "rows.parquet")', settings["large"]))
    sessions.close_all()
    told(there=evaluated('parquet("rows.parquet")', settings["small"]))
    told(here=evaluated('spark(lake, path: "rows.parquet")', settings["small"]))
    told(missing=evaluated('spark(lake, path: "nowhere/*.parquet")', settings["small"]))

    # A second master in one process; and one that is not there.
    told(second=evaluated('spark(lake, path: "rows.parquet")', settings["second"]))
    told(nobody=evaluated('spark(lake, path: "rows.parquet")', settings["nobody"]))

    # The executor dies in mid-query, once for each try.
    spark = next(iter(sessions._open.values()))[0]
    dying = "select date '2026-03-01' as at from range(1) where reflect('java.lang.System', 'exit', 1) is null"
    spark.sql(f"create temporary view dying as {dying}")
    dataset = dataset_of(folder, 'spark(lake, path: "rows.parquet")', settings["small"])
    dataset._path, dataset._view, dataset._viewed = "dying", "dying", spark
    try:
        dataset.scan(ScanRequest((ColumnRequest("at"),)))
    except SourceError as error:
        told(lost=[error.code, error.message, error.hint, error.transient])
    told(again=evaluated('spark(lake, path: "rows.parquet")', settings["small"]))
"""
SPEC = """
calendar { timezone "Europe/Berlin" }
source s { from SOURCE; time at }
metric rows = count() from s over last month
metric total = sum(x) from s over last month
"""


def test_a_session_of_our_own(tmp_path: Path, spark_server: Server) -> None:
    rows = pa.table({"at": pa.array(range(20_000, 20_600), pa.int32()).cast(pa.date32()), "x": list(range(600))})
    pq.write_table(rows, tmp_path / "rows.parquet")
    (tmp_path / "spec.in").write_text(SPEC, "utf-8")
    large = [one for one in OWN if "executor.memory" not in one]
    settings = {
        "small": own_session(spark_server, conf=[*OWN, "spark.task.maxFailures=1"]),
        "large": own_session(spark_server, conf=[*large, "spark.executor.memory=20g"]),
        "second": own_session(spark_server, master=f"{spark_server.details['master']},127.0.0.1:1"),
        "nobody": own_session(spark_server, master="spark://127.0.0.1:1"),
    }
    command = [sys.executable, "-c", textwrap.dedent(PROGRAM), str(tmp_path), json.dumps(settings)]
    ran = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, env=dict(os.environ), timeout=280)
    assert ran.stderr == ""
    told = {name: value for line in ran.stdout.splitlines() for name, value in json.loads(line).items()}

    assert [code for code, _, _ in told["unasked"][1]] == ["K0601"]
    _, [[code, message, hint]] = told["starved"]
    assert code == "K0617"
    assert "no worker of spark://" in message
    assert "spark.executor.memory" in hint
    assert told["there"] == told["here"] == told["again"]
    assert told["here"][0]["rows"] == "31"
    assert not told["here"][1]
    assert [(code, "nothing is there" in message) for code, message, _ in told["missing"][1]] == [("K0601", True)]
    assert ["there is one for a process" in message for _, message, _ in told["second"][1]] == [True]
    assert ["Connection refused" in message for _, message, _ in told["nobody"][1]] == [True]
    code, message, hint, transient = told["lost"]
    assert (code, transient) == ("K0600", True)
    assert "its workers was lost" in message
    assert sorted(one.name for one in tmp_path.iterdir()) == ["kpidsl.toml", "rows.parquet", "spec.in", "spec.kpi"]


def test_without_java_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    from pyspark import SparkContext

    monkeypatch.setattr(SparkContext, "_gateway", None)
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("JAVA_HOME", raising=False)
    with pytest.raises(SourceError, match="needs Java, and there is none") as caught:
        driver._gateway({})
    assert "Spark Connect" in (caught.value.hint or "")


def test_a_session_costs_nothing_until_a_spec_uses_it() -> None:
    program = (
        "import sys, kpidsl_spark; print(sorted({'pyspark', 'py4j', 'grpc', 'pyarrow', 'sqlglot'} & set(sys.modules)))"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ran.stdout == "[]\n"

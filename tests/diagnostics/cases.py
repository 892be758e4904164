"""What the tests of diagnostics share: sources, places in them, arbitrary diagnostics."""

from __future__ import annotations

from hypothesis import strategies as st

from kpidsl.diagnostics import Diagnostic, Fix, Label, Severity
from kpidsl.source_text import Source, Span

SHOP = Source(
    "specs/shop.kpi",
    """\
source orders { from csv("orders.csv") }
metric revenue "Net revenue" = sum(amount) from orders
kpi monthly "Monthly revenue" {
  value    reveneu over last month
  target   >= 85%
  amber    >= 90% of target

  by       country, 国家, cou\u0301ntry
\tcompare\tprevious
  supports nothing
}
""",
)


def at(source: Source, text: str, nth: int = 0) -> Span:
    """The nth place (from 0) where a source has a text."""
    start = -1
    for _ in range(nth + 1):
        start = source.text.index(text, start + 1)
    return Span(source, start, start + len(text))


def error(message: str, *labels: tuple[Span, str], code: str = "K0999") -> Diagnostic:
    return Diagnostic(code, Severity.ERROR, message, tuple(Label(span, text) for span, text in labels))


# Everything Python can hold, lone surrogates included, with what breaks layouts made likely.
characters = st.one_of(
    st.sampled_from("\n\n\n\r\t  ab{}%:,|^\x1b\x00\u0301\u200d国\u202e\u2028\ufeff👩\x85"),
    st.characters(exclude_categories=()),
)
texts = st.text(characters, max_size=60)
words = st.text(characters, max_size=12)


@st.composite
def sources(draw: st.DrawFn) -> Source:
    text = draw(texts)
    if draw(st.booleans()) and draw(st.booleans()):
        text = draw(words) + text * draw(st.integers(1, 200))
    return Source(draw(words), text)


@st.composite
def diagnostics(draw: st.DrawFn) -> Diagnostic:
    known = draw(st.lists(sources(), min_size=1, max_size=3))

    def span() -> Span:
        source = draw(st.sampled_from(known))
        length = len(source.text)
        start = draw(st.integers(-3, length + 5))
        reach = draw(st.sampled_from((3, 40, length + 5)))
        return Span(source, start, start + draw(st.integers(-2, reach)))

    labels = tuple(Label(span(), draw(words)) for _ in range(draw(st.integers(0, 6))))
    fix = Fix(draw(words), span(), draw(texts)) if draw(st.booleans()) else None
    return Diagnostic(
        draw(st.from_regex(r"K0[0-9]{3}", fullmatch=True)),
        draw(st.sampled_from(Severity)),
        draw(texts),
        labels,
        tuple(draw(st.lists(texts, max_size=2))),
        draw(st.none() | texts),
        fix,
        tuple(draw(st.lists(words, max_size=12))),
    )

"""Quantiles of the normal distribution and of Student's t, in decimal arithmetic: the same digits on every machine.

The standard library has the first as a floating-point number and the second not at all
(docs/adr/0025-uncertainty.md).
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Context, Decimal, localcontext
from fractions import Fraction
from functools import lru_cache
from itertools import count

_CONTEXT = Context(prec=40)
_SMALL = Decimal(10) ** -38
_CLOSE = Decimal(10) ** -30
_PI = Decimal("3.14159265358979323846264338327950288419716939937510")
# ln Γ(x + ½) − ln Γ(x) − ½ ln x in x⁻¹, x⁻³, x⁻⁵, …: (4⁻ᵏ − 1)·B₂ₖ/(k(2k − 1)) (Tricomi and Erdélyi 1951).
_GAMMA_RATIO = ((-1, 8), (1, 192), (-1, 640), (17, 14336), (-31, 18432), (691, 180224), (-5461, 425984))
_ASYMPTOTIC_FROM = 60  # from here on the first term that is left out is below 10⁻²⁷


def decimal(value: Fraction) -> Decimal:
    """A rational number to 40 significant digits."""
    return _CONTEXT.divide(Decimal(value.numerator), Decimal(value.denominator))


def square_root(value: Fraction) -> Fraction:
    """The square root of a number that is not negative, to 40 significant digits; that of a square is exact."""
    return Fraction(_CONTEXT.sqrt(decimal(value)))


@lru_cache(maxsize=256)
def normal_quantile(level: Fraction) -> Fraction:
    """The z with P(|Z| < z) = `level` for a standard normal Z, 0 < level < 1.

    Newton's method on the series of Abramowitz and Stegun 26.2.11.
    """
    from statistics import NormalDist  # slow to import, and a start that most runs do without

    _check(level)
    with localcontext(_CONTEXT):
        wanted = decimal(level)
        z = Decimal(repr(NormalDist().inv_cdf(min(0.5 + float(level) / 2, 1 - 2.0**-53))))
        while True:
            density = (2 / _PI).sqrt() * (-z * z / 2).exp()
            inside = density * z * _sum(z * z / (2 * place + 1) for place in count(1))
            step = (wanted - inside) / density
            z += step
            if abs(step) <= _CLOSE * z:
                return Fraction(z)


@lru_cache(maxsize=4096)
def t_quantile(level: Fraction, freedom: int) -> Fraction:
    """The t with P(|T| < t) = `level` for Student's T with `freedom` degrees of freedom, 0 < level < 1, freedom ≥ 1.

    P(|T| < t) is the incomplete beta ratio I(x; ½, ν/2) at x = t²/(ν + t²) (Abramowitz and Stegun 26.7.1), summed as
    26.5.4 says, or 1 less the other tail where that is shorter. It is concave in t: Newton's method, begun below it at
    the normal quantile, rises to the root and never passes it.
    """
    _check(level)
    if freedom < 1:
        raise ValueError(f"{freedom} degrees of freedom")
    with localcontext(_CONTEXT):
        wanted, nu, half = decimal(level), Decimal(freedom), Decimal("0.5")
        t = decimal(normal_quantile(level))
        factor = 2 * _gamma_ratio(nu / 2) / (nu * _PI).sqrt()
        while True:
            squared = t * t
            density = factor * (-(nu + 1) / 2 * (1 + squared / nu).ln()).exp()
            if squared <= nu:
                inside = density * t * _sum(_beta_ratios(squared / (nu + squared), half, nu / 2))
            else:
                inside = 1 - density * t / nu * _sum(_beta_ratios(nu / (nu + squared), nu / 2, half))
            step = (wanted - inside) / density
            t += step
            if abs(step) <= _CLOSE * t:
                return Fraction(t)


def _check(level: Fraction) -> None:
    if not 0 < level < 1:
        raise ValueError(f"a level is between 0 and 1, not {level}")


def _sum(ratios: Iterator[Decimal]) -> Decimal:
    """1 + r₁ + r₁r₂ + r₁r₂r₃ + …, for positive ratios that come to stay below 1."""
    total = term = Decimal(1)
    for ratio in ratios:
        term *= ratio
        total += term
        if ratio < 1 and term <= _SMALL * total:
            break
    return total


def _beta_ratios(x: Decimal, a: Decimal, b: Decimal) -> Iterator[Decimal]:
    return (x * (a + b + place) / (a + 1 + place) for place in count())


def _gamma_ratio(x: Decimal) -> Decimal:
    """Γ(x + ½)/Γ(x): by its asymptotic series, to which small x are lifted."""
    lifted = Decimal(1)
    while x < _ASYMPTOTIC_FROM:
        lifted *= x / (x + Decimal("0.5"))
        x += 1
    series = sum((Decimal(top) / (below * x ** (2 * k + 1)) for k, (top, below) in enumerate(_GAMMA_RATIO)), Decimal(0))
    return lifted * x.sqrt() * series.exp()

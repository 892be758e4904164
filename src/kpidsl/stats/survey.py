"""Survey measures: how far off a net score may be, in points from −100 to 100."""

from __future__ import annotations

from fractions import Fraction

from kpidsl.stats.distributions import square_root


def net_error(difference: Fraction, decided: Fraction, n: int) -> Fraction:
    """The standard error, in points, of a difference of shares a − b of n answers, of which `decided` is a + b.

    Each answer is +1, 0 or −1, and 100·√((a + b − (a − b)²)/n) is the standard error of their mean. As the Net Promoter
    Score, those who answer 9–10 of 10 less those who answer 0–6: F. F. Reichheld (2003), The one number you need to
    grow, Harvard Business Review 81(12), 46–54.
    """
    return 100 * square_root((decided - difference * difference) / n)

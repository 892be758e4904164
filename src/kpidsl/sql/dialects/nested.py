"""Parts of a query that are computed once: aggregates that are used several times, and rows that are numbered."""

from __future__ import annotations

from sqlglot import exp

_CALLED = frozenset({"sum", "min", "max", "bit_or", "group_concat", "max_by", "min_by", "sort_array"})


def aggregated_first(query: exp.Expr, costly: type[exp.Expr]) -> exp.Expr:
    """A query in which every SELECT that has a `costly` aggregate asks for its aggregates inside, each once."""
    root = query
    for select in list(query.find_all(exp.Select, bfs=True))[::-1]:
        if any(one.find(costly) is not None for one in select.expressions):
            found = _taken_apart(select)
            if select is root:
                root = found
            else:
                select.replace(found)
    return root


def _taken_apart(select: exp.Select) -> exp.Select:
    inner = select.copy()
    group = inner.args.get("group")
    keys = {key: f"g{place}" for place, key in enumerate(group.expressions if group is not None else ())}
    asked: dict[exp.Expr, str] = {}

    def outer(node: exp.Expr) -> exp.Expr:
        if node in keys:
            return exp.column(keys[node], table="z")
        if _is_aggregate(node):
            return exp.column(asked.setdefault(node.copy(), f"a{len(asked)}"), table="z")
        for name, part in list(node.args.items()):
            if isinstance(part, exp.Expr):
                node.set(name, outer(part))
            elif isinstance(part, list):
                node.set(name, [outer(one) if isinstance(one, exp.Expr) else one for one in part])
        return node

    columns = [outer(one) for one in [one.copy() for one in inner.expressions]]
    wanted = [exp.alias_(one.copy(), name) for one, name in (*keys.items(), *asked.items())]
    inner.set("expressions", wanted)
    return exp.select(*columns).from_(inner.subquery("z"))


def _is_aggregate(node: exp.Expr) -> bool:
    if isinstance(node, exp.Count | exp.GroupConcat):
        return True
    return isinstance(node, exp.Anonymous) and node.name.lower() in _CALLED


def numbered_alike(query: exp.Expr) -> None:
    """Let rows that are numbered in a part of a query have the same numbers however often that part is computed, for
    engines that cannot be told to compute it once: they are numbered in the order of all their columns.
    """
    for cte in query.find_all(exp.CTE):
        if not cte.args.get("materialized"):
            continue
        cte.set("materialized", None)
        values = [one.this if isinstance(one, exp.Alias) else one for one in cte.this.expressions]
        rows = [one for one in values if isinstance(one, exp.Anonymous) and one.name.lower() == "row"]
        plain = [one for one in values if not isinstance(one, exp.Window) and one not in rows]
        by = [*plain, *(part for one in rows for part in one.expressions)]
        for one in rows:
            one.replace(_ranked(one.expressions))
        for number in values:
            if isinstance(number, exp.Window):
                number.set("order", exp.Order(expressions=[exp.Ordered(this=each.copy()) for each in by]))


def _ranked(parts: list[exp.Expr]) -> exp.Expr:
    """The place of a row of values in their order, NULL being the greatest."""
    order: list[exp.Expr] = []
    for part in parts:
        order.append(exp.Ordered(this=exp.Is(this=part.copy(), expression=exp.null())))
        order.append(exp.Ordered(this=part.copy()))
    return exp.Window(this=exp.Anonymous(this="dense_rank"), order=exp.Order(expressions=order))

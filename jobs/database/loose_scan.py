"""The distinct values of an indexed column, without reading every row."""


def distinct_values(table: str, column: str, where: str = "TRUE") -> str:
    """Return a query of the distinct values of `column`, in order, by one index probe for each.

    SELECT DISTINCT reads every row. An index must begin with `column`, and be partial by `where` if
    that is given.
    """
    return f"""WITH RECURSIVE known(value) AS (
            SELECT min({column}) FROM {table} WHERE {where}
            UNION ALL
            SELECT (SELECT min({column}) FROM {table} WHERE {where} AND {column} > known.value)
            FROM known WHERE known.value IS NOT NULL
        )
        SELECT value FROM known WHERE value IS NOT NULL"""

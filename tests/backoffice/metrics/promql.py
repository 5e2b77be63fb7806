"""The series and labels that a PromQL expression names."""

import re

KEYWORDS = {
    *("and", "or", "unless", "by", "without", "on", "ignoring", "group_left", "group_right"),
    *("offset", "bool", "inf", "nan"),
}
STRING = re.compile(r'"(?:[^"\\]|\\.)*"|\'(?:[^\'\\]|\\.)*\'')
RANGE = re.compile(r"\[[^]]*\]")
GROUPING = re.compile(r"\b(?:by|without|on|ignoring|group_left|group_right)\s*\(([^)]*)\)")
SELECTOR = re.compile(r"(?<!\w)([a-zA-Z_:][\w:]*)\s*(?:\{([^}]*)\})?(?!\w|\s*\()")
LABEL = re.compile(r"(\w+)\s*(?:=~|!~|!=|=)")


def series_of(expression: str) -> dict[str, set[str]]:
    """Return the series that the expression names, each with the labels by which it selects."""
    bare = GROUPING.sub("", RANGE.sub("", STRING.sub('""', expression)))
    found: dict[str, set[str]] = {}
    for match in SELECTOR.finditer(bare):
        name, selector = match.groups()
        if name not in KEYWORDS:
            found.setdefault(name, set()).update(LABEL.findall(selector or ""))
    return found


def grouped_labels(expression: str) -> set[str]:
    """Return the labels by which the expression groups or joins."""
    groups = GROUPING.findall(STRING.sub('""', expression))
    return {label.strip() for group in groups for label in group.split(",") if label.strip()}

"""Every declaration and selector of our stylesheets is one that the browser understands."""

import re
from pathlib import Path

import pytest

STYLES = Path(__file__).resolve().parents[2] / "static" / "jobs"
SHEETS = sorted(STYLES.rglob("*.css"))
# Selectors and properties of other browsers, each beside the one for this browser.
OTHERS = ("-moz-",)
NOT_UNDERSTOOD = """rules => {
    const sheet = new CSSStyleSheet();
    const isSelector = (text) => {
        try { return sheet.insertRule(`${text} {}`) >= 0; } catch { return false; }
    };
    return rules.filter(([prelude, declarations]) => prelude && !isSelector(prelude)
        || declarations.some(([name, value]) => !CSS.supports(name, value)));
}"""


def rules_of(sheet: Path) -> list[tuple[str, list[tuple[str, str]]]]:
    """The innermost blocks of a stylesheet: the text before each, and its declarations."""
    text = re.sub(r"/\*.*?\*/", "", sheet.read_text(), flags=re.DOTALL)
    found = []
    for prelude, block in re.findall(r"([^{}]*)\{([^{}]*)\}", text):
        named = [one.split(":", 1) for one in block.split(";") if one.strip()]
        declarations = [(name.strip(), value.strip()) for name, value in named]
        found.append((" ".join(prelude.split()), declarations))
    return found


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda sheet: sheet.name)
def test_the_browser_understands_every_rule(chromium, sheet):
    rules = [
        (prelude if not re.fullmatch(r"from|to|[\d%, ]+", prelude) else "", declarations)
        for prelude, declarations in rules_of(sheet)
        if not any(other in prelude for other in OTHERS)
    ]
    page = chromium.new_page()
    try:
        assert page.evaluate(NOT_UNDERSTOOD, rules) == []
    finally:
        page.close()

"""Failures with other values have one fingerprint; failures with other causes have two."""

from itertools import combinations

import pytest

from jobs.lifecycle.fingerprint import fingerprint_of, normalized

SAME = [
    ("No order 17 in 2026-11-30", "No order 4711 in 2025-01-02T10:00:00Z"),
    ("Row 1,234.5 is below -3 %", "Row 7 is below 12.25 %"),
    (
        "job 0192f7c1-aaaa-7bbb-8ccc-1234567890ab is gone",
        "job 5b1c91e0-0000-4000-8000-000000000000 is gone",
    ),
    ("cannot read /srv/app/a b.csv", "cannot read /tmp/x9/a b.csv"),
    (r"cannot read C:\in\a.csv", "cannot read /home/maria/b.xlsx"),
    ("cannot read orders.csv", "cannot read clients.json"),
    ("Unknown customer 'Anna'", 'Unknown customer "O\'Brien & Söhne"'),
    ("Unknown customer 'Anna'", "Unknown customer „Müller“"),
    ("Unknown customer «Иванов»", "Unknown customer 「田中」"),
    ("can't open customer's file 'a'", "can't open customer's file 'b c'"),
    ("row ١٢ is wrong", "row 7 is wrong"),
    ("第12行无效", "第7行无效"),
    ("第12行无效", "第１２３行无效"),
    ("1 row is missing", "12 rows are missing"),
    ("rows 1, 2 and 3 missing", "rows 7 missing"),
    ("columns ['a', 'b'] missing", "columns ['c'] missing"),
    ("columns ['a', 'b'] missing", "columns [] missing"),
    ("bad date 3 März 2024", "bad date 12. декабря 2025"),
    ("bad date Nov 3, 2024", "bad date 2026-01-01"),
    ("customer=anna state=open", "customer=boris state=closed"),
    ("Key (id)=(5) already exists.", "Key (id)=(77) already exists."),
    ("mail to a@x.example failed", "mail to bob.b@y.example failed"),
    ("GET https://a.example/x?y=1 failed", "GET http://b.example failed"),
    ("token 0xDEADBEEF expired", "token 0x1f expired"),
    ("order INV-2024-001 is paid", "order INV-2025-777 is paid"),
    (
        "[Errno 2] No such file or directory: '/a/b'",
        "[Errno 2] Datei oder Verzeichnis nicht gefunden: '/c'",
    ),
    ("Timed out after 3.5 s", "Timed out after 120 s"),
    ("value None is refused", "value 'x' is refused"),
    ("Straße nicht gefunden", "STRASSE NICHT GEFUNDEN"),
]
DIFFERENT = [
    "No customer 17",
    "No invoice 17",
    "Kein Kunde 17",
    "Клиент 17 не найден",
    "Счёт 17 не найден",
    "客户12不存在",
    "发票12不存在",
    "[Errno 2] No such file or directory: '/a'",
    "[Errno 13] Permission denied: '/a'",
    "HTTP 404 for https://a.example/",
    "HTTP 503 for https://a.example/",
    "can't open customer's file 'a'",
    "can't read customer's file 'a'",
    "",
]


def of(message, code="exception", type="ValueError", function="jobs/a.py run"):
    return fingerprint_of(code, type, message, function)


@pytest.mark.parametrize(("one", "other"), SAME)
def test_messages_that_differ_in_values_have_one_fingerprint(one, other):
    assert normalized(one) == normalized(other)
    assert of(one) == of(other)


@pytest.mark.parametrize(("one", "other"), [*combinations(DIFFERENT, 2)])
def test_messages_of_other_causes_have_two_fingerprints(one, other):
    assert of(one) != of(other)


def test_another_type_function_or_code_is_another_cause():
    texts = [{}, {"type": "KeyError"}, {"function": "jobs/a.py read"}, {"code": "exited"}]
    assert len({of("x", **text) for text in texts}) == len(texts)


def test_messages_of_the_job_system_do_not_count():
    lost = [fingerprint_of("worker_lost", "", text, "") for text in ("host a died", "b was lost")]
    assert len(set(lost)) == 1


@pytest.mark.parametrize("text", ["'" * 5000, "/a" * 5000, "~ " * 5000, "1," * 5000, "\ud800\x00"])
def test_a_message_of_any_text_has_a_fingerprint(text):
    assert len(of(text)) == 16

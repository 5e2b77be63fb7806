"""The words by which jobs are searched: an expression that jobs_job_words indexes.

They are PostgreSQL's tsvectors, made without its parser, which keeps "a/b" and "jobs.Error" whole.
"""

from django.db.models import BooleanField, Func, TextField, Value


class FoldedWords(Func):
    """The words of texts in lower case and without accents, with one space between them.

    A tsvector takes no word of 2,047 bytes or more, so it ends after 500 characters.
    """

    output_field = TextField()
    arg_joiner = " || ' ' || "
    template = (
        r"btrim(left(replace(translate(lower(regexp_replace(regexp_replace("
        r"normalize(%(expressions)s, NFKD), '[\u0300-\u036f]', '', 'g'),"
        r" '[^[:alnum:]]+', ' ', 'g')), 'øłđı', 'oldi'), 'ß', 'ss'), 500))"
    )


class CamelCaseWords(Func):
    """A text with spaces within CamelCase: "Lookup Error"."""

    output_field = TextField()
    template = r"regexp_replace(%(expressions)s, '([a-z0-9])([A-Z])', '\1 \2', 'g')"


class FirstLine(Func):
    """The first line of a text that is not blank, from its first 300 characters."""

    output_field = TextField()
    template = r"split_part(btrim(left(%(expressions)s, 300), E' \n\r\t'), E'\n', 1)"


class WordsOf(Func):
    """The words of texts, as a tsvector."""

    template = "array_to_tsvector(string_to_array(%(expressions)s, ' '))"

    def __init__(self, *texts: str | Func) -> None:
        super().__init__(FoldedWords(*texts))


class Beginnings(Func):
    """The tsquery for texts that have a word beginning with each word of `text`."""

    template = "(replace(NULLIF(%(expressions)s, ''), ' ', ':* & ') || ':*')::tsquery"

    def __init__(self, text: str) -> None:
        super().__init__(FoldedWords(Value(text)))


class Matches(Func):
    """The condition that a tsvector matches a tsquery."""

    output_field = BooleanField()
    arg_joiner = " @@ "
    template = "(%(expressions)s)"


def error_texts() -> tuple[str | Func, ...]:
    """Return what is searched of a job's error: code, type and first line of the message."""
    return ("error_code", "error_type", CamelCaseWords("error_type"), FirstLine("error_message"))


def words_of_jobs() -> WordsOf:
    """Return the words of a job: those of its name, requester, API token and error."""
    return WordsOf("name", "created_by_name", "token_name", *error_texts())


def words_of_errors() -> WordsOf:
    """Return the words of a job's error."""
    return WordsOf(*error_texts())

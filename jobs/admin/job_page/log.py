"""The log on a job's page: a page of its lines, and what leads to the others."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from jobs.admin.display.numbers import capped_count
from jobs.admin.job_page.log_lines import (
    COUNTED_LINES,
    PAGE_LINES,
    LevelCount,
    ShownLine,
    gap_between,
    level_counts,
    lines_at,
    matching_lines,
    shown_lines,
)
from jobs.admin.job_page.log_query import LogQuery
from jobs.database import limited_time
from jobs.errors import TooSlow
from jobs.models import Job

SEARCH_MILLISECONDS = 1_000
ERROR_LEVELS = ("ERROR", "CRITICAL", "FATAL")


@dataclass(frozen=True)
class LevelChip:
    """A level, or all of them, as a filter: its lines, its address, and whether it is chosen."""

    label: str
    count: str
    address: str
    is_chosen: bool


@dataclass(frozen=True)
class LogPage:
    """Lines of a log, and its counts by level; `is_too_slow` if the search reached its time limit.

    `gap_after` says how many lines are missing between the last line and the next page.
    """

    query: LogQuery
    lines: Sequence[ShownLine] = ()
    counts: Sequence[LevelCount] = ()
    gap_after: str = ""
    is_too_slow: bool = False

    @property
    def first(self) -> int:
        """The number of the first line; 0 without lines."""
        return self.lines[0].line.seq if self.lines else 0

    @property
    def last(self) -> int:
        """The number of the last line; 0 without lines."""
        return self.lines[-1].line.seq if self.lines else 0

    @property
    def total(self) -> str:
        """The number of all lines: "5,000", or "20,000+"."""
        return capped_count(sum(count.lines for count in self.counts), COUNTED_LINES)

    @property
    def matching(self) -> str:
        """The number of lines with one of the levels that contain the text."""
        return capped_count(sum(count.matching for count in self._chosen()), COUNTED_LINES)

    @property
    def earlier(self) -> str:
        """The address of the lines before these; "" if there are none."""
        first = min((count.first or 0 for count in self._chosen()), default=self.first)
        are_all_counted = sum(count.lines for count in self.counts) <= COUNTED_LINES
        has_more = first < self.first or not are_all_counted
        return self.query.address(before=self.first) if self.lines and has_more else ""

    @property
    def later(self) -> str:
        """The address of the lines after these; "" if there are none."""
        last = max((count.last or 0 for count in self._chosen()), default=self.last)
        return self.query.address(after=self.last) if self.lines and last > self.last else ""

    @property
    def latest(self) -> str:
        """The address of the last lines."""
        return self.query.address()

    @property
    def everything(self) -> str:
        """The address of the last lines of all levels, without a text to find."""
        return LogQuery().address()

    @property
    def first_error(self) -> str:
        """The address of the first error among all lines; "" without one."""
        firsts = [count.first_of_all for count in self.counts if count.level in ERROR_LEVELS]
        return LogQuery().address(line=min(firsts)) if firsts else ""

    @property
    def chips(self) -> list[LevelChip]:
        """All levels, and each level with lines; choosing a level twice drops it."""
        levels = self.query.levels
        found = capped_count(sum(count.matching for count in self.counts), COUNTED_LINES)
        every = LevelChip("All", found, replace(self.query, levels=()).address(), not levels)
        return [every] + [
            LevelChip(
                count.level,
                f"{count.matching:,}",
                self.query.with_level(count.level).address(),
                count.level in levels,
            )
            for count in self.counts
        ]

    def _chosen(self) -> list[LevelCount]:
        levels = self.query.levels
        counts = [count for count in self.counts if count.matching]
        return [count for count in counts if not levels or count.level in levels]


def log_page(job: Job, query: LogQuery) -> LogPage:
    """The page of the job's log that `query` asks for: two queries, three around a line.

    A search ends after a second.
    """
    if not job.attempt:
        return LogPage(query)
    if not query.is_narrowed:
        return _read_page(job, query)
    try:
        with limited_time(SEARCH_MILLISECONDS):
            return _read_page(job, query)
    except TooSlow:
        return LogPage(query, is_too_slow=True)


def page_after(job: Job, query: LogQuery, after: int) -> LogPage | None:
    """The lines that follow line number `after`, for a page that ends with it; None if none do.

    If they are more than PAGE_LINES, the last page, whose query has no place. At most four queries.
    """
    later = matching_lines(job, query).filter(seq__gt=after)
    lines = later.page(PAGE_LINES, "-seq")[::-1]
    if not lines:
        return None
    if lines[0].seq > after + 1 and later.filter(seq__lt=lines[0].seq).exists():
        return log_page(job, query)
    counts = level_counts(job, query.find)
    return LogPage(replace(query, after=after), shown_lines(job, query, lines, after), counts)


def _read_page(job: Job, query: LogQuery) -> LogPage:
    counts, lines = level_counts(job, query.find), lines_at(job, query)
    start = query.after
    # There are no counts if the first lines were written after them.
    if (
        start is None
        and lines
        and lines[0].seq <= min((count.first_of_all for count in counts), default=lines[0].seq)
    ):
        start = 0
    page = LogPage(query, shown_lines(job, query, lines, start), counts)
    if query.before is None or query.is_narrowed or not lines:
        return page
    return replace(page, gap_after=gap_between(lines[-1].seq, query.before))

"""What a handler gets: its context, its log, and writers of spreadsheets.

`context` is for handlers, with `parent` and `stopping`; `journal` has its statements, `writer` its
thread, `log_handler` its link to `logging`. `sheets` writes CSV and JSON Lines, `xlsx` workbooks.
"""

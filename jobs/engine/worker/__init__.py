"""A Celery worker: its main process, and the pool processes that run jobs.

==================  ====================================================================
module              runs in
==================  ====================================================================
startup readiness   the main process, before it consumes
transport request   the main process: what it takes from Redis
agent deadlines     the main process, each in a thread of its own
fork_safety         the main process, around each fork of a pool process
running interrupt   both: memory that they share, and signals
tasks               a pool process: claim, handler, outcome
isolation           a pool process, with sessions, output, process_state, interpreter_parts,
                    system_parts and replacement: what a handler leaves behind
result_backend      a pool process; the main process for a pool process that died
processes           both: processes as /proc shows them
==================  ====================================================================
"""

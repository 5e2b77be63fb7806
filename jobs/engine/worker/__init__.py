"""A Celery worker: its main process, and the pool processes that run jobs.

=====================  =================================================================
module                 runs in
=====================  =================================================================
startup                both: receivers of Celery's signals, which start everything below
state                  both: made by the main process, inherited by each fork
running interrupt      both: the memory that they share, and the signal
processes              both: processes as /proc shows them
transport request      the main process: what Celery takes from Redis, and how it ended
agent crashes          the main process, in the thread `agent`
deadlines              the main process, in the thread `deadlines`
fork_lock              the main process, around each fork of a pool process
soft_shutdown          the main process: how long it waits for running jobs
tasks claims execution a pool process: claim, handler, outcome
reports                a pool process: unexpected exceptions, for the site's monitoring
backlog                a pool process: the next job, while the main process lives
isolation              a pool process, with sessions, output, process_state,
                       interpreter_parts, system_parts and replacement: keeps jobs apart
=====================  =================================================================
"""

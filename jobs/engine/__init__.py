"""Celery and the processes around it; the only package of jobs that imports celery.

==============  ===========================================================================
module          runs in
==============  ===========================================================================
broker          web, commands, upkeep, and a worker's main process: publishes jobs
result_backend  the same, and pool processes: stores nothing, because the lifecycle does
lost_attempts   upkeep and a worker's main process: ends attempts that were lost
worker          a Celery worker
upkeep          `manage.py upkeep`
==============  ===========================================================================
"""

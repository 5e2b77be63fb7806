"""Celery and the processes around it; the only package of jobs that imports celery.

==============  ===========================================================================
module          runs in
==============  ===========================================================================
app             all processes: our Celery app, whose settings are in celery_settings
broker          all processes: publishes jobs; in a pool process those that a bulk job makes, and
                it takes the next ones
result_backend  all processes: stores nothing, because the lifecycle does
lost_attempts   upkeep and a worker's main process: ends attempts that were lost
worker          a Celery worker
upkeep          `manage.py upkeep`
==============  ===========================================================================
"""

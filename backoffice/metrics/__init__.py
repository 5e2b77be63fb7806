"""/metrics for Prometheus: what the web processes count, and what PostgreSQL and Redis hold.

==============  ===========================================================================
module          what it has
==============  ===========================================================================
counts          counters of the web processes, and the receivers that raise them
web_processes   lets the processes of one gunicorn count together
figures         reads PostgreSQL and Redis at a scrape
families        the figures as series
scrape          the response
==============  ===========================================================================
"""

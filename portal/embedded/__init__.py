"""The runner: environment, embedded PostgreSQL and Redis, and the processes on top of them.

Knows nothing of Django: it prepares an environment of variables and starts `manage.py`, gunicorn and
Celery as children, as an office's own deployment would.
"""

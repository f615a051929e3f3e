"""The portal with a clock that a test moves: `application` for gunicorn, `app` for Celery.

The file named by TIDU_TEST_CLOCK holds by how many days the clock is ahead.
"""

from __future__ import annotations

import datetime as dt
import os
from pathlib import Path

from django.utils import timezone

_CLOCK = Path(os.environ["TIDU_TEST_CLOCK"])
_real = timezone.now


def _now() -> dt.datetime:
    return _real() + dt.timedelta(int(_CLOCK.read_text() or 0))


# Before any model or view keeps a reference to it.
timezone.now = _now

from portal.celery import app  # noqa: E402
from portal.wsgi import application  # noqa: E402

__all__ = ["app", "application"]

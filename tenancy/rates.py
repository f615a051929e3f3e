"""How often something may be done from one place; counted in the cache, so without Redis nothing is limited."""

from __future__ import annotations

from django.core.cache import cache


def within(key: str, most: int, seconds: int) -> bool:
    """Counts one more of `key` and tells whether it is still within `most` in so many seconds."""
    if cache.add(key, 1, seconds):
        return True
    try:
        return cache.incr(key) <= most
    except ValueError:  # it ran out in between
        return True

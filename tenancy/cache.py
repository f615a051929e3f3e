"""The cache, of which nothing may depend: without Redis pages answer and jobs go on, only slower and unlimited."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.core.cache.backends.redis import RedisCache
from redis.exceptions import RedisError

log = logging.getLogger("tidu.cache")


def _or(otherwise: Callable[..., Any]) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    def wrap(act: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(act)
        def forgiving(self: object, *args: Any, **kwargs: Any) -> Any:
            try:
                return act(self, *args, **kwargs)
            except RedisError as error:
                log.warning("no cache: %s", error)
                return otherwise(*args, **kwargs)

        return forgiving

    return wrap


class ForgivingCache(RedisCache):
    """What cannot be read is absent, what cannot be written is not kept.

    Rate limits of the sign-in page live here and fall away meanwhile; lock-outs live in the database.
    """

    get = _or(lambda key, default=None, version=None: default)(RedisCache.get)
    get_many = _or(lambda keys, version=None: {})(RedisCache.get_many)
    has_key = _or(lambda key, version=None: False)(RedisCache.has_key)
    add = _or(lambda *args, **kwargs: True)(RedisCache.add)
    set = _or(lambda *args, **kwargs: None)(RedisCache.set)
    set_many = _or(lambda data, *args, **kwargs: list(data))(RedisCache.set_many)
    touch = _or(lambda *args, **kwargs: False)(RedisCache.touch)
    delete = _or(lambda *args, **kwargs: False)(RedisCache.delete)
    delete_many = _or(lambda *args, **kwargs: None)(RedisCache.delete_many)
    incr = _or(lambda key, delta=1, version=None: delta)(RedisCache.incr)

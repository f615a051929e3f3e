"""Start-up checks: the login must be one that row-level security binds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.core.checks import Error, Tags, register
from django.db import DatabaseError, OperationalError, connections

_LOGIN = """
SELECT r.rolsuper, r.rolbypassrls,
       EXISTS (SELECT 1 FROM pg_class c WHERE c.relowner = r.oid AND c.relname = 'tenancy_region')
FROM pg_roles r WHERE r.rolname = session_user
"""


def unbound_login(using: str = "default") -> str | None:
    """Why row-level security would not bind this login, or None. Causes one query."""
    with connections[using].cursor() as cursor:
        cursor.execute(_LOGIN)
        superuser, bypass, owner = cursor.fetchone()
    if superuser:
        return "DATABASE_URL 的登录是超级用户，行级安全对它不起作用；请改用 tidu_web 或 tidu_worker"
    if bypass:
        return "DATABASE_URL 的登录带 BYPASSRLS，行级安全对它不起作用；请改用 tidu_web 或 tidu_worker"
    if owner:
        return "DATABASE_URL 的登录是表的所有者；请改用 tidu_web 或 tidu_worker"
    return None


def refuse_unbound_login(using: str = "default") -> None:
    """Ends a server at its start when row-level security would not bind its login. One query.

    A database that does not answer yet is no reason: then nothing can be read either.
    """
    try:
        reason = unbound_login(using)
    except OperationalError:
        return
    finally:
        connections[using].close()
    if reason:
        raise SystemExit(reason)


@register(Tags.database)
def login_is_bound(
    *, app_configs: Any = None, databases: Sequence[str] | None = None, **_: Any
) -> list[Error]:
    if not databases or "default" not in databases:
        return []
    try:
        reason = unbound_login()
    except DatabaseError as error:
        return [Error(f"数据库连不上：{error}", id="tenancy.E002")]
    return [Error(reason, id="tenancy.E001")] if reason else []

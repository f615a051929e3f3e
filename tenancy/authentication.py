"""How the API knows a program; apart from `tenancy.api`, since the framework's settings import it first."""

from __future__ import annotations

from typing import Any

from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request


class TokenAuthentication(BaseAuthentication):
    """Who came with a key: the middleware has looked at it and opened its context."""

    def authenticate(self, request: Request) -> tuple[Any, Any] | None:
        token = getattr(request._request, "token", None)
        return None if token is None else (request._request.user, token)

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"

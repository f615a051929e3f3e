"""What every address of the API has in common: who asks, how errors read, pages, and keys of a repeated request."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import connection
from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import exception_handler

from tenancy.access import Actor, Denied
from tenancy.models import KeptAnswer

PAGE = 200
KEEP_ANSWERS = dt.timedelta(days=7)
KEY_HEADER = "Idempotency-Key"
#: extension of a serializer that refuses what it does not know
CLOSED = "x-closed"
_KEY_LENGTH = 80


class Conflict(Exception):
    """The request is well formed and may not be done as things stand; `code` says why, `params` about what."""

    def __init__(self, code: str, **params: Any) -> None:
        super().__init__(code)
        self.code = code
        self.params = params


class TokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "tenancy.authentication.TokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer", "description": "A key from the page “API keys”."}


def handle(wrong: Exception, context: dict[str, Any]) -> Response | None:
    """Errors as JSON: `code` for programs, `detail` for people, `fields` where one of them is wrong."""
    request = context["request"]._request
    if isinstance(wrong, Denied):
        request.refusal = {"permission": wrong.permission, "region": wrong.region_path}
    if isinstance(wrong, Conflict):
        return Response(
            {"code": wrong.code, "detail": wrong.code, **({"params": wrong.params} if wrong.params else {})},
            status=status.HTTP_409_CONFLICT,
        )
    answer = exception_handler(wrong, context)
    if answer is None:
        return None
    if isinstance(wrong, serializers.ValidationError):
        fields = wrong.detail if isinstance(wrong.detail, dict) else {"body": wrong.detail}
        answer.data = {
            "code": "invalid",
            "detail": "The request is not as the document says.",
            "fields": fields,
        }
        return answer
    code = "forbidden" if isinstance(wrong, PermissionDenied) else getattr(wrong, "default_code", "error")
    answer.data = {"code": str(code), "detail": str(answer.data.get("detail", ""))}
    return answer


_WORDS = {
    "400": "Not as this document says",
    "401": "No key, or one that is no longer in force",
    "403": "The role or the place does not allow this",
    "404": "There is nothing of that name in the caller's place",
    "405": "The address has no such method",
    "409": "Not as things stand; `code` says why",
    "415": "The body is not JSON",
    "429": "Too many requests; `Retry-After` says when to come back",
}


def with_errors(result: dict[str, Any], generator: Any, request: Any, public: bool) -> dict[str, Any]:
    """Adds to every operation of the document the errors that any of them may answer with."""
    result["components"]["schemas"]["Error"] = {
        "type": "object",
        "required": ["code", "detail"],
        "properties": {
            "code": {"type": "string"},
            "detail": {"type": "string"},
            "fields": {"type": "object", "additionalProperties": {}},
            "params": {"type": "object", "additionalProperties": {}},
        },
        "additionalProperties": False,
    }
    for schema in result["components"]["schemas"].values():
        if schema.pop(CLOSED, False):
            schema["additionalProperties"] = False
    content = {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
    for path, methods in result["paths"].items():
        for method, operation in methods.items():
            if path == "/api/schema/" or not isinstance(operation, dict):
                continue
            for code, words in _WORDS.items():
                if code in ("409", "415") and method == "get":
                    continue
                operation["responses"].setdefault(code, {"description": words, "content": content})
    return result


def next_page(
    rows: QuerySet[Any], key: str, request: Request, *, length: int = 26
) -> tuple[list[Any], str | None]:
    """The next rows behind the parameter `after`, in the order of a unique key, and the key to go on from.

    One query, and no page is shifted by what is added meanwhile.
    """
    after = request.query_params.get("after", "")[:length]
    if after:
        rows = rows.filter(**{f"{key}__gt": after})
    page = list(rows.order_by(key)[: PAGE + 1])
    if len(page) <= PAGE:
        return page, None
    last: Any = page[PAGE - 1]
    if isinstance(last, dict):
        return page[:PAGE], str(last[key])
    for part in key.split("__"):
        last = getattr(last, part)
    return page[:PAGE], str(last)


def text(name: str, description: str = "") -> OpenApiParameter:
    """A parameter of the query that is a text; no text holds a NUL."""
    schema: dict[str, Any] = {"type": "string", "pattern": r"^[^\u0000]*$"}
    return OpenApiParameter(name, schema, description=description)


AFTER = text("after", "`next` of the page before")
KEY_PARAMETER = OpenApiParameter(
    KEY_HEADER,
    {"type": "string", "minLength": 1, "maxLength": _KEY_LENGTH, "pattern": "^[!-~]+$"},  # type: ignore[arg-type]
    OpenApiParameter.HEADER,
    required=True,
    description="Made by the caller for each intent. Repeated within seven days it gets the same answer again.",
)


def page_serializer(name: str, each: type[serializers.Serializer[Any]]) -> type[serializers.Serializer[Any]]:
    """A page of a list: `results`, and `next` to go on from."""
    return type(
        f"{name}PageSerializer",
        (serializers.Serializer,),
        {
            "next": serializers.CharField(allow_null=True, help_text="pass it as `after`; null at the end"),
            "results": each(many=True),
        },
    )


def choice(request: Request, name: str, allowed: Sequence[str]) -> str | None:
    """A parameter that is one of a few words; None where it is absent. Raises ValidationError."""
    given = request.query_params.get(name)
    if given is None or given in allowed:
        return given
    raise serializers.ValidationError({name: [f"one of {', '.join(allowed)}"]})


def day(request: Request, name: str, default: dt.date) -> dt.date:
    """A parameter that is a day (ISO 8601). Raises ValidationError."""
    given = request.query_params.get(name)
    if given is None:
        return default
    try:
        return dt.date.fromisoformat(given)
    except ValueError:
        raise serializers.ValidationError({name: ["a day as 2026-11-27"]}) from None


def repeatable(view: Callable[..., Response]) -> Callable[..., Response]:
    """A write that may come twice: with the same key it is done once and answered twice.

    The answer is kept in the transaction of what was done, so there is never one without the other; a refusal
    rolls both back and may be tried again. The same key with another request is a conflict.
    """

    @wraps(view)
    def once(request: Request, *args: Any, **kwargs: Any) -> Response:
        actor: Actor = request.actor  # type: ignore[attr-defined]
        if actor.role == "enterprise" or actor.posting_id is None:
            raise Denied("api.write", actor.region_path)
        key = request.headers.get(KEY_HEADER, "")
        if not 1 <= len(key) <= _KEY_LENGTH or not key.isascii() or not key.isprintable() or " " in key:
            raise serializers.ValidationError({KEY_HEADER: [f"1 to {_KEY_LENGTH} visible ASCII characters"]})
        body = json.dumps(request.data, sort_keys=True, ensure_ascii=False)
        digest = hashlib.sha256(f"{request.method} {request.path}\n{body}".encode()).hexdigest()
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_advisory_xact_lock(hashtextextended(%s, 7011))", [f"{actor.posting_id} {key}"]
            )
        kept = KeptAnswer.objects.filter(posting_id=actor.posting_id, key=key).first()
        if kept is not None:
            if kept.digest != digest:
                raise Conflict("key_used_otherwise")
            return Response(kept.answer, status=kept.status)
        answer = view(request, *args, **kwargs)
        if answer.status_code < 400:
            KeptAnswer.objects.create(
                region_id=actor.region_path,
                posting_id=actor.posting_id,
                key=key,
                digest=digest,
                status=answer.status_code,
                answer=answer.data,
            )
        return answer

    return once


def forget_answers() -> int:
    """Deletes the kept answers that are older than anybody may repeat; returns how many."""
    return KeptAnswer.objects.filter(at__lt=timezone.now() - KEEP_ANSWERS).delete()[0]

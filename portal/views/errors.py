"""Answers to errors: what happened, what is safe, what to do, and a number to quote."""

from __future__ import annotations

import logging
import secrets

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template import loader

from tenancy.tokens import API_PREFIX

log = logging.getLogger("tidu.errors")


def _for_programs(request: HttpRequest, status: int, code: str, number: str = "") -> HttpResponse | None:
    """The same answer as the API gives elsewhere; None for a page."""
    if not request.path.startswith(API_PREFIX):
        return None
    return JsonResponse({"code": code, "detail": number or code}, status=status)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _for_programs(request, 404, "not_found") or render(request, "errors/404.html", status=404)


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _for_programs(request, 403, "forbidden") or render(request, "errors/403.html", status=403)


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _for_programs(request, 400, "invalid") or render(request, "errors/400.html", status=400)


def server_error(request: HttpRequest) -> HttpResponse:
    number = secrets.token_hex(4).upper()
    log.error("error %s at %r", number, request.path)
    told = _for_programs(request, 500, "error", number)
    if told is not None:
        return told
    # Without the request: its context may be what failed.
    return HttpResponse(loader.get_template("errors/500.html").render({"number": number}), status=500)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    return render(request, "errors/csrf.html", status=403)

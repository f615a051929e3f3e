"""The inbox: what happened and what comes due, for the one who reads; and the mail that one wants of it."""

from __future__ import annotations

from django import forms
from django.contrib import messages as said
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from portal.told import GROUPS, group_title, kinds_of, told
from tenancy import inbox as ground
from tenancy import mailing
from tenancy.access import person
from tenancy.http import ActedRequest
from tenancy.models import MailSetting
from tenancy.paging import page_of


@require_GET
def inbox(request: ActedRequest) -> HttpResponse:
    """The newest first; new ones alone unless asked otherwise. About six queries."""
    actor = request.actor
    view = "all" if request.GET.get("view") == "all" else "new"
    group = request.GET.get("group", "")
    found = ground.of(actor) if view == "all" else ground.unseen(actor)
    if group in GROUPS:
        of_group = Q()
        for word in kinds_of(group):
            of_group |= Q(kind__startswith=f"{word}.")
        found = found.filter(of_group)
    page = page_of(request, found, 50)
    return render(
        request,
        "portal/inbox.html",
        {
            "view": view,
            "group": group,
            "groups": [(code, group_title(code)) for code in GROUPS],
            "rows": told(actor, page),
            "page": page,
            "count": ground.count(actor),
            "many": ground.MANY,
        },
    )


@require_GET
def count(request: ActedRequest) -> HttpResponse:
    """The badge of every page. One query."""
    return render(
        request, "portal/inbox_count.html", {"count": ground.count(request.actor), "many": ground.MANY}
    )


@require_GET
def message(request: ActedRequest, message_id: int) -> HttpResponse:
    """On to what a message is about; from then on it is seen."""
    found = get_object_or_404(ground.of(request.actor), pk=message_id)
    ground.see(request.actor, [found.pk])
    return redirect(told(request.actor, [found])[0].url)


@require_POST
def see_all(request: ActedRequest) -> HttpResponse:
    """Everything new up to the newest that the page has shown."""
    newest = request.POST.get("newest", "")
    if newest.isascii() and newest.isdigit() and len(newest) < 19:
        ground.see(
            request.actor,
            list(ground.unseen(request.actor).filter(pk__lte=int(newest)).values_list("pk", flat=True)),
        )
        said.success(request, _("已全部标为已读"), extra_tags="ok")
    return redirect("inbox")


class MailForm(forms.Form):
    address = forms.EmailField(
        label=gettext_lazy("邮箱"),
        max_length=200,
        required=False,
        help_text=gettext_lazy("工作日上午一封，汇总还没看的新消息；没有新消息不发。留空就不发"),
    )
    wanted = forms.MultipleChoiceField(
        label=gettext_lazy("邮件里写哪些"), required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.fields["address"].widget.attrs["class"] = "input"
        wanted = self.fields["wanted"]
        assert isinstance(wanted, forms.MultipleChoiceField)
        wanted.choices = [(code, group_title(code)) for code in GROUPS]


@require_http_methods(["GET", "POST"])
def mail(request: ActedRequest) -> HttpResponse:
    """A page of the account, as the password: outside any place. Three queries."""
    me = person(request.actor)
    now = MailSetting.objects.filter(officer_id=me).first()
    without = now.without if now else []
    initial = {"address": now.address if now else "", "wanted": [g for g in GROUPS if g not in without]}
    form = MailForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        wanted = form.cleaned_data["wanted"]
        MailSetting.objects.update_or_create(
            officer_id=me,
            defaults={
                "address": form.cleaned_data["address"],
                "without": [g for g in GROUPS if g not in wanted],
            },
        )
        said.success(request, _("已保存"), extra_tags="ok")
        return redirect("mail")
    return render(request, "account/mail.html", {"form": form, "configured": mailing.configured()})

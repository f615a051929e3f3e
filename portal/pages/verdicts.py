"""A named person's word about one element of a judgement: the page that asks for it and shows what was said."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import F
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from cultivation.actions import answer_judgement, excuse
from cultivation.actions.answering import ANSWER
from cultivation.models import Verdict
from cultivation.queries import latest_of, person_fact
from cultivation.rules.workflow import Refused
from cultivation.wording.refusals import refusal_text
from cultivation.wording.rows import Row, rows
from portal.pages.enterprise import find, frame
from portal.pages.judgement import asked_of, stored
from tenancy.access import require
from tenancy.http import ActedRequest

_MET = {Verdict.Word.MET: True, Verdict.Word.NOT_MET: False, Verdict.Word.OPEN: None}


class VerdictForm(forms.Form):
    word = forms.ChoiceField(label=gettext_lazy("判定"), widget=forms.RadioSelect)
    reason = forms.CharField(
        label=gettext_lazy("理由"),
        max_length=500,
        widget=forms.Textarea(attrs={"class": "input", "rows": 4}),
        help_text=gettext_lazy("写明依据的材料和核实经过；企业会看到理由，看不到是谁判定的"),
    )

    def __init__(self, *args: Any, of_a_person: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        words = [Verdict.Word.NOT_APPLICABLE, Verdict.Word.APPLICABLE]
        if of_a_person:
            words = [Verdict.Word.MET, Verdict.Word.NOT_MET, Verdict.Word.OPEN, *words]
        self.fields["word"].choices = [(word.value, word.label) for word in words]  # type: ignore[attr-defined]


@require_http_methods(["GET", "POST"])
def verdict(request: ActedRequest, public_id: str) -> HttpResponse:
    """Asks about one condition of the judgement that the address names."""
    enterprise = find(request, public_id)
    require(request.actor, ANSWER, enterprise.region_id)
    asked = asked_of(request)
    evaluation = latest_of(enterprise.pk, asked.tier, timezone.localdate(), review=asked.review)
    if evaluation is None:
        raise Http404
    edition, facts, found = stored(evaluation)
    element = next((c for c in edition.conditions if c.code == request.GET.get("element")), None)
    if element is None:
        raise Http404
    fact = person_fact(element)
    form = VerdictForm(request.POST or None, of_a_person=bool(fact))
    if request.method == "POST" and form.is_valid():
        word, reason = form.cleaned_data["word"], form.cleaned_data["reason"]
        try:
            if word in _MET:
                answer_judgement(
                    by=request.actor,
                    enterprise=enterprise,
                    year=evaluation.year,
                    fact=fact,
                    met=_MET[word],
                    reason=reason,
                )
            else:
                excuse(
                    by=request.actor,
                    enterprise=enterprise,
                    year=evaluation.year,
                    tier=asked.tier,
                    review=asked.review,
                    element=element.code,
                    excused=word == Verdict.Word.NOT_APPLICABLE,
                    reason=reason,
                )
        except Refused as refused:
            form.add_error(None, refusal_text(refused.code))
        else:
            messages.success(request, _("已记下判定，各层级已重新评价"), extra_tags="ok")
            return redirect(reverse("judgement", args=[public_id]) + asked.query)
    row: Row = next(r for r in rows(edition, facts, found, evaluation.year) if r.code == element.code)
    about = Verdict.objects.filter(enterprise=enterprise, year=evaluation.year).annotate(
        who=F("by__display_name")
    )
    history = about.filter(tier=asked.tier, review=asked.review, element=element.code)
    if fact:
        history = history | about.filter(tier="", element=fact)
    return render(
        request,
        "portal/enterprise/verdict.html",
        frame(request, enterprise, "judgement")
        | {
            "form": form,
            "row": row,
            "asked": asked,
            "year": evaluation.year,
            "history": history.order_by("-id"),
            "edition": edition.title,
        },
    )

"""Under which policy an enterprise takes an award that it may take once only: it chooses, or its county for it."""

from __future__ import annotations

from enterprises.models import Enterprise
from subsidies.choices import choosable, last_choice
from subsidies.models import Award, EventChoice
from subsidies.queries import money_of
from subsidies.rules.workflow import CLAIMS, OWN, Refused
from subsidies.steps import held
from tenancy import audit
from tenancy.access import Actor, person, speaks_for
from tenancy.context import writing

_OTHER = EventChoice.Choice.OTHER


def choose_policy(
    *, by: Actor, enterprise: Enterprise, event: str, choice: str, document: str = ""
) -> EventChoice:
    """Keeps the choice for one event; the same again is the same. An award under way is asked again at its next act.

    Raises Denied; Refused for an event that leaves no choice, without the other policy's name, and for the other policy
    while ours has been ordered or paid and was not taken back.
    """
    speaks_for(by, OWN, CLAIMS, enterprise.pk, enterprise.region_id)
    document = " ".join(document.split())[:120] if choice == _OTHER else ""
    if choice not in EventChoice.Choice.values or (choice == _OTHER and not document):
        raise Refused("choice_document")
    with writing(by, enterprise.region_id):
        # As whoever proposes an award, and whoever pays one.
        firm = Enterprise.objects.select_for_update(no_key=True).get(pk=enterprise.pk)
        policies = choosable(firm).get(event)
        if policies is None:
            raise Refused("choice_event")
        awards = Award.objects.filter(enterprise=firm, event=event, policy__in=policies)
        pks = [award.pk for award in held(awards.values_list("pk", flat=True))]
        if choice == _OTHER and any(m.ordered + m.paid + m.recovering for m in money_of(pks).values()):
            raise Refused("choice_paid")
        known = last_choice(firm.pk, event)
        if known is not None and (known.choice, known.document) == (choice, document):
            return known
        made = EventChoice.objects.create(
            region_id=firm.region_id,
            enterprise=firm,
            event=event,
            choice=choice,
            document=document,
            by_id=person(by),
        )
        audit.record(
            by=by,
            action="awards.choose",
            region=firm.region_id,
            subject=made,
            detail={"event": event, "choice": choice, "document": document},
        )
    return made

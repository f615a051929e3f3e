"""The digest by mail: one for a person and day, an outbox row in the transaction that notes what it tells.

Without `TIDU_MAIL_URL` no mail is written. A mail is sent until the server takes it, at most for about a day, under one
message id, so that a receiver who gets it twice can tell.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import IntegrityError, transaction

from tenancy import inbox
from tenancy.access import Actor, actor_of, open_postings
from tenancy.context import acting
from tenancy.models import Mail, MailSetting, Message, Receipt

#: lines of one digest; what is beyond is counted
LINES = 30
AT_ONCE = 50
#: minutes until the next try
_PAUSES = (2, 10, 60, 360, 1080)

#: puts a day's messages of a person's postings into words: (subject, text)
Words = Callable[[Sequence[tuple[Actor, list[Message]]]], tuple[str, str]]


def configured() -> bool:
    """Whether this installation sends mail."""
    return bool(settings.MAIL_CONFIGURED)


def people() -> list[int]:
    """Who wants a digest. One query, outside a context."""
    found = MailSetting.objects.filter(officer__is_active=True).exclude(address="")
    return list(found.order_by("officer_id").values_list("officer_id", flat=True))


def write_digest(officer_id: int, today: dt.date, words: Words, group_of: Callable[[str], str]) -> bool:
    """Writes today's mail of one person, if there is something new to tell; again on the same day does nothing.

    Outside a context. One transaction: the mail, and for each message that it was mailed.
    """
    try:
        with transaction.atomic():
            return _write_digest(officer_id, today, words, group_of)
    except IntegrityError:  # of two at once, the second; its notes are rolled back with it
        return False


def _write_digest(officer_id: int, today: dt.date, words: Words, group_of: Callable[[str], str]) -> bool:
    setting = MailSetting.objects.select_related("officer").get(pk=officer_id)
    if Mail.objects.filter(officer_id=officer_id, on=today).exists():
        return False
    told = []
    for posting in open_postings(officer_id):
        actor = actor_of(setting.officer, posting, origin="digest")
        with acting(actor):
            mailed = Receipt.objects.filter(officer_id=officer_id, mailed_at__isnull=False)
            found = [
                message
                for message in inbox.unseen(actor).exclude(pk__in=mailed.values("message_id"))
                if group_of(message.kind) not in setting.without
            ]
            inbox.note_mailed(actor, [message.pk for message in found])
        if found:
            told.append((actor, found))
    if not told:
        return False
    subject, text = words(told)
    Mail.objects.create(
        officer_id=officer_id, on=today, address=setting.address, subject=subject[:120], text=text
    )
    return True


def send_one(now: dt.datetime) -> bool:
    """Sends the mail that is due the longest; whether there was one. Outside a context, in a transaction of its own:
    two at once send different mails, a crash repeats one at most."""
    with transaction.atomic():
        due = (
            Mail.objects.select_for_update(skip_locked=True)
            .filter(state=Mail.State.WAITING, next_at__lte=now)
            .order_by("next_at", "id")
            .first()
        )
        if due is None:
            return False
        due.tries += 1
        try:
            EmailMessage(
                due.subject,
                due.text,
                to=[due.address],
                headers={"Message-ID": f"<tidu-{due.pk}-{due.on:%Y%m%d}@{settings.MAIL_DOMAIN}>"},
            ).send()
        except Exception as wrong:  # whatever it is, the mails behind it must not wait for it
            due.error = str(wrong)[:200]
            if due.tries > len(_PAUSES):
                due.state = Mail.State.GIVEN_UP
            else:
                due.next_at = now + dt.timedelta(minutes=_PAUSES[due.tries - 1])
        else:
            due.state, due.sent_at, due.error = Mail.State.DONE, now, ""
        due.save(update_fields=["tries", "state", "sent_at", "next_at", "error"])
    return True

"""The Celery application and the one timetable of the portal (clock: Asia/Shanghai)."""

import os

from celery import Celery
from celery.schedules import crontab
from celery.signals import worker_init

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")

app = Celery("tidu")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.conf.beat_schedule = {
    "seal-audit": {"task": "tenancy.tasks.seal_audit", "schedule": 5.0},
    "send-waiting-jobs": {"task": "tenancy.tasks.send_waiting_jobs", "schedule": 30.0},
    "send-hooks": {"task": "tenancy.tasks.send_hooks", "schedule": 30.0},
    "forget-answers": {"task": "tenancy.tasks.forget_answers", "schedule": crontab(hour=3, minute=40)},
    "send-mails": {"task": "tenancy.tasks.send_mails", "schedule": 60.0},
    "remind": {"task": "cultivation.tasks.remind", "schedule": crontab(hour="6-18", minute=40)},
    "write-digests": {"task": "portal.tasks.write_digests", "schedule": crontab(hour="8-12", minute=5)},
    "forget-messages": {"task": "tenancy.tasks.forget_messages", "schedule": crontab(hour=4, minute=10)},
    "judge-changed": {"task": "portal.tasks.judge_changed", "schedule": crontab(minute="*/2")},
    "forget-personal": {"task": "enterprises.tasks.forget_personal", "schedule": crontab(minute=17)},
    "forget-returned": {"task": "enterprises.tasks.forget_returned", "schedule": crontab(minute=47)},
    "release-vouchers": {"task": "subsidies.tasks.release_vouchers", "schedule": crontab(hour=0, minute=40)},
    "check-ledger": {"task": "subsidies.tasks.check_ledger", "schedule": crontab(hour=2, minute=10)},
    "close-quarter": {"task": "portal.tasks.close_due_quarters", "schedule": crontab(hour=2, minute=30)},
    "forget-letters": {"task": "portal.tasks.forget_letters", "schedule": crontab(hour=3, minute=50)},
    "forget-packs": {"task": "portal.tasks.forget_packs", "schedule": crontab(hour=3, minute=25)},
    "forget-exports": {"task": "portal.tasks.forget_exports", "schedule": crontab(hour=3, minute=20)},
}


@worker_init.connect
def refuse_unbound_login(**_: object) -> None:
    """A worker does not start with a login that row-level security would not bind."""
    from tenancy import checks

    checks.refuse_unbound_login()

"""The daily mail in words: what is new in each place where one works, and where to read on."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, override

from portal.told import told
from portal.wording import role_title
from tenancy.access import Actor
from tenancy.context import acting
from tenancy.mailing import LINES
from tenancy.models import Message, Region


def digest(found: Sequence[tuple[Actor, list[Message]]]) -> tuple[str, str]:
    """(subject, text), in Chinese. Outside a context."""
    with override("zh-hans"):
        total = sum(len(messages) for _actor, messages in found)
        subject = ngettext("梯度：%(n)d 条新消息", "梯度：%(n)d 条新消息", total) % {"n": total}
        parts = [_posting(actor, messages) for actor, messages in found]
        link = f"{settings.SITE_URL}{reverse('inbox')}" if settings.SITE_URL else ""
        foot = [
            _("到这里查看和办理：%(link)s") % {"link": link}
            if link
            else _("请登录梯度，到“消息”里查看和办理。"),
            _("不想再收，或只收一部分：登录后在右上角姓名下的“邮件提醒”里改。"),
        ]
        return subject, "\n\n".join([*parts, "\n".join(foot)]) + "\n"


def _posting(actor: Actor, messages: list[Message]) -> str:
    with acting(actor):
        place = Region.objects.get(path=actor.region_path).name
        lines = told(actor, messages[:LINES])
    # By group, in the order of the newest of each.
    order = list(dict.fromkeys(line.group for line in lines))
    lines.sort(key=lambda line: order.index(line.group))
    text = [_("【%(place)s · %(role)s】") % {"place": place, "role": role_title(actor.role)}]
    for group, here in groupby(lines, key=lambda line: line.group):
        text.append(group)
        text += [f"  · {line.title}{'（' + line.note + '）' if line.note else ''}" for line in here]
    rest = len(messages) - len(lines)
    if rest:
        text.append(ngettext("另有 %(n)d 条", "另有 %(n)d 条", rest) % {"n": rest})
    return "\n".join(text)

"""One request that arrives many times at once, each on a connection of its own, is done once."""

from __future__ import annotations

import pytest
from django.utils import timezone

from cultivation.actions import file, open_batch
from cultivation.models import ReviewStep, Tier
from tenancy import tokens
from tenancy.access import Actor
from tenancy.context import acting, nation
from tenancy.models import KeptAnswer, Officer, Posting
from tests.at_once import officer, together
from tests.conftest import BOLE, XINJIANG
from tests.cultivation.world import enterprise
from tests.test_api_writes import Machine


@pytest.mark.usefixtures("committed")
def test_the_same_decision_sent_by_eight_at_once_is_taken_once_and_answered_eight_times() -> None:
    own, today = enterprise(1, BOLE), timezone.localdate()
    region = officer("region", "region", XINJIANG)
    made = Officer.objects.create_user("county", display_name="county")
    with nation():
        posting = Posting.objects.create(officer=made, role="county", region_id=BOLE)
    county = Actor(made.pk, "county", "county", "county", BOLE, None, posting.pk)
    with acting(region):
        batch = open_batch(
            by=region, region=XINJIANG, tier=Tier.INNOVATIVE, title="第一批", opens_on=today, closes_on=today
        )
    with acting(county):
        filed = file(by=county, batch=batch, enterprise=own)
        secret = tokens.make(by=county, name="同步", days=1)[1]

    def send() -> tuple[int, object]:
        path = f"applications/{filed.public_id}/decisions/"
        answer = Machine(secret)("POST", path, {"decision": "submit", "seen": 0}, key="once")
        return answer.status_code, answer.json()

    answers = together(*[send] * 8)
    assert answers == [answers[0]] * 8 and answers[0][0] == 200
    with nation():
        assert ReviewStep.objects.count() == KeptAnswer.objects.count() == 1

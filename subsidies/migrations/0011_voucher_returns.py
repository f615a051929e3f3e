from django.db import migrations, models

# A return names the payment that came back, a later payment the return before it; neither is dated before that.
_IN_TURN = """
CREATE FUNCTION subsidies_voucher_in_turn() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.decision = 'return' AND NOT EXISTS (
       SELECT FROM subsidies_voucherstep s WHERE s.redemption_id = NEW.redemption_id AND s.decision = 'pay'
          AND s.turn = NEW.turn AND s."on" <= NEW."on")
     OR NEW.decision = 'pay' AND NEW.turn > 0 AND NOT EXISTS (
       SELECT FROM subsidies_voucherstep s WHERE s.redemption_id = NEW.redemption_id AND s.decision = 'return'
          AND s.turn = NEW.turn - 1 AND s."on" <= NEW."on") THEN
    RAISE EXCEPTION 'redemption %: % out of turn', NEW.redemption_id, NEW.decision USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER in_turn BEFORE INSERT ON subsidies_voucherstep
  FOR EACH ROW EXECUTE FUNCTION subsidies_voucher_in_turn()
"""


class Migration(migrations.Migration):
    """The bank may send a payment of a voucher back; what was approved is then paid once more."""

    dependencies = [("subsidies", "0010_acceptance")]

    operations = [
        migrations.AddField("voucherstep", "turn", models.PositiveSmallIntegerField(default=0)),
        migrations.AlterField(
            "voucherstep",
            "decision",
            models.CharField(
                choices=[
                    ("approve", "审批同意"),
                    ("refuse", "不予兑付"),
                    ("pay", "兑付"),
                    ("return", "银行退回"),
                ],
                max_length=8,
            ),
        ),
        migrations.RemoveConstraint("voucherstep", "voucher_step_once"),
        migrations.AddConstraint(
            "voucherstep",
            models.UniqueConstraint(fields=("redemption", "decision", "turn"), name="voucher_step_once"),
        ),
        migrations.AddConstraint(
            "voucherstep",
            models.CheckConstraint(
                condition=models.Q(turn=0) | models.Q(decision__in=["pay", "return"]),
                name="voucher_step_turn",
            ),
        ),
        migrations.RemoveConstraint("voucherstep", "voucher_step_with_its_reason"),
        migrations.AddConstraint(
            "voucherstep",
            models.CheckConstraint(
                condition=~models.Q(decision__in=["refuse", "return"]) | ~models.Q(reason=""),
                name="voucher_step_with_its_reason",
            ),
        ),
        migrations.RemoveConstraint("voucherstep", "voucher_step_with_its_receipt"),
        migrations.AddConstraint(
            "voucherstep",
            models.CheckConstraint(
                condition=models.Q(decision="pay", on__isnull=False, account__isnull=False)
                & ~models.Q(receipt="")
                | models.Q(decision="return", on__isnull=False, account__isnull=True) & ~models.Q(receipt="")
                | models.Q(on__isnull=True, account__isnull=True, receipt="")
                & ~models.Q(decision__in=["pay", "return"]),
                name="voucher_step_with_its_receipt",
            ),
        ),
        migrations.RunSQL(_IN_TURN, migrations.RunSQL.noop),
    ]

from django.db import migrations

from subsidies.rules.accounts import ACCOUNTS, APART, MOVES, OF_THE_POOL
from tenancy.rls import DEFINER, NATION, OFFICE

_SOURCE = " ".join(f"WHEN '{kind}' THEN '{a}'" for kind, (a, _b) in MOVES.items())
_TARGET = " ".join(f"WHEN '{kind}' THEN '{b}'" for kind, (_a, b) in MOVES.items())
_APART = " OR ".join(
    f"(v_kind = '{kind}' AND e.kind IN ({', '.join(repr(k) for k in before)}))" for kind, before in APART.items()
)
_APART_KINDS = ", ".join(repr(kind) for kind in APART)
_POOLS = ", ".join(repr(kind) for kind in sorted(OF_THE_POOL))
_BALANCES = ", ".join(
    f"{a} = {a} + CASE WHEN v_to = '{a}' THEN v_amount WHEN v_from = '{a}' THEN -v_amount ELSE 0 END" for a in ACCOUNTS
)

# The pool's row first: it lines up who posts there, so that what is asked afterwards stays so.
_POST = f"""
CREATE OR REPLACE FUNCTION subsidies_post(v_pool bigint, v_key text, v_kind text, v_amount bigint, v_reason text, v_by bigint,
    v_award bigint DEFAULT NULL, v_enterprise bigint DEFAULT NULL, v_place text DEFAULT NULL,
    v_reverses bigint DEFAULT NULL,
    OUT entry bigint, OUT entry_number int, OUT entry_digest text, OUT repeated boolean)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
#variable_conflict use_variable
DECLARE
  v_now timestamptz := now();
  v_quarter text := to_char(v_now AT TIME ZONE 'Asia/Shanghai', 'YYYY"Q"Q');
  v_from text; v_to text; v_region text; v_head text; v_count int; v_closed text;
  known public.subsidies_entry%ROWTYPE; original public.subsidies_entry%ROWTYPE;
BEGIN
  SELECT p.region_id, p.head, p.entries, p.closed_through INTO v_region, v_head, v_count, v_closed
    FROM public.subsidies_pool p WHERE p.id = v_pool FOR NO KEY UPDATE;
  IF v_region IS NULL OR NOT (current_setting('role') = '{NATION}'
      OR current_setting('role') = '{OFFICE}' AND v_region = current_setting('app.lo', true)) THEN
    RAISE EXCEPTION 'pool' USING ERRCODE = 'LG001';
  END IF;
  IF v_kind = 'reverse' THEN
    SELECT * INTO original FROM public.subsidies_entry e WHERE e.id = v_reverses AND e.pool_id = v_pool;
    v_from := original.given_to; v_to := original.taken_from;
  ELSE
    v_from := CASE v_kind {_SOURCE} END; v_to := CASE v_kind {_TARGET} END;
  END IF;
  SELECT * INTO known FROM public.subsidies_entry e WHERE e.pool_id = v_pool AND e.key = v_key;
  IF FOUND THEN
    IF (known.kind, known.amount, known.reason, known.by_id) = (v_kind, v_amount, v_reason, v_by)
       AND (known.award, known.enterprise_id, known.place_id, known.reverses_id)
           IS NOT DISTINCT FROM (v_award, v_enterprise, v_place, v_reverses) THEN
      entry := known.id; entry_number := known.number; entry_digest := known.digest; repeated := true;
      RETURN;
    END IF;
    RAISE EXCEPTION 'key' USING ERRCODE = 'LG002';
  END IF;
  IF v_amount IS NULL OR v_amount <= 0 OR v_amount > 10000000000000 THEN
    RAISE EXCEPTION 'amount' USING ERRCODE = 'LG004';
  END IF;
  IF v_kind = 'reverse' THEN
    IF original.id IS NULL OR original.kind = 'reverse' OR original.amount <> v_amount
       OR original.award IS DISTINCT FROM v_award
       OR EXISTS (SELECT FROM public.subsidies_entry e WHERE e.reverses_id = v_reverses) THEN
      RAISE EXCEPTION 'reversal' USING ERRCODE = 'LG005';
    END IF;
  ELSIF v_from IS NULL OR v_reverses IS NOT NULL OR (v_kind IN ({_POOLS})) <> (v_award IS NULL) THEN
    RAISE EXCEPTION 'kind' USING ERRCODE = 'LG006';
  END IF;
  -- Closing writes the pool's row, so it waits for this posting, or this one for the closing.
  IF v_quarter <= v_closed THEN
    RAISE EXCEPTION 'quarter' USING ERRCODE = 'LG003';
  END IF;
  entry_number := v_count + 1;
  entry_digest := encode(sha256(convert_to(concat_ws(chr(31), v_head, v_pool, v_region, entry_number, v_key, v_kind, v_from,
    v_to, v_amount, coalesce(v_award::text, '-'), coalesce(v_enterprise::text, '-'), coalesce(v_place, '-'),
    coalesce(v_reverses::text, '-'), v_quarter, v_reason, v_by, extract(epoch FROM v_now)::text), 'UTF8')), 'hex');
  repeated := false;
  INSERT INTO public.subsidies_entry (region_id, pool_id, number, key, kind, taken_from, given_to, amount, award,
      enterprise_id, place_id, reverses_id, quarter, reason, by_id, at, previous, digest)
    VALUES (v_region, v_pool, entry_number, v_key, v_kind, v_from, v_to, v_amount, v_award, v_enterprise, v_place,
      v_reverses, v_quarter, v_reason, v_by, v_now, v_head, entry_digest)
    RETURNING id INTO entry;
  -- From here on an error takes the entry back with it.
  IF v_award IS NOT NULL THEN
    IF v_enterprise IS NULL OR v_place IS NULL OR NOT starts_with(v_place, v_region) THEN
      RAISE EXCEPTION 'place' USING ERRCODE = 'LG007';
    END IF;
    -- One in the other: a question of a table in the same condition would be made ready for every entry.
    IF v_from NOT IN ('free', 'budget', 'outside') THEN
      IF 0 > (SELECT sum(CASE WHEN e.given_to = v_from THEN e.amount WHEN e.taken_from = v_from THEN -e.amount ELSE 0 END)
                FROM public.subsidies_entry e WHERE e.award = v_award AND e.pool_id = v_pool) THEN
        RAISE EXCEPTION 'award' USING ERRCODE = 'LG008';
      END IF;
    END IF;
    IF v_kind IN ({_APART_KINDS}) THEN
      IF EXISTS (SELECT FROM public.subsidies_entry e WHERE e.award = v_award AND e.by_id = v_by AND ({_APART})) THEN
        RAISE EXCEPTION 'person' USING ERRCODE = 'LG009';
      END IF;
    END IF;
  END IF;
  UPDATE public.subsidies_pool SET entries = entry_number, head = entry_digest, {_BALANCES} WHERE id = v_pool;
END $$
"""  # noqa: S608  (names out of the rules)


class Migration(migrations.Migration):
    """The posting function asks less for each entry, and takes it from the pool's own level alone, not from one above."""

    dependencies = [("subsidies", "0004_awards")]

    operations = [
        migrations.RunSQL(
            [f"SET LOCAL ROLE {DEFINER}", _POST, "RESET ROLE"],
            migrations.RunSQL.noop,
        ),
    ]

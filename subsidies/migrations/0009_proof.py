from django.db import migrations

from tenancy.rls import DEFINER, NATION, OFFICE, DefinerFunction

_SCOPE = "x.{0} >= current_setting('app.lo', true) AND x.{0} < current_setting('app.hi', true)"

# A pool is answered for where the asker sees one of its entries or a portion that it bears; the two policies of the
# entries and the one of the portions stand here again, because this function sees past them.
_PROOF = f"""
CREATE FUNCTION subsidies_proof(wanted bigint[], signed int[])
RETURNS TABLE (of_pool bigint, of_region text, of_scheme text, of_year int, counted int, head_digest text, last_number int,
    signed_digest text, broken bigint, faults jsonb)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
WITH asked AS (
  SELECT a.pool, max(a.number) AS number FROM unnest(wanted, signed) a (pool, number)
   WHERE current_setting('role') = '{NATION}' OR current_setting('role') = '{OFFICE}' AND (
     EXISTS (SELECT FROM public.subsidies_portion x WHERE x.pool_id = a.pool AND {_SCOPE.format("region_id")})
     OR EXISTS (SELECT FROM public.subsidies_entry x WHERE x.pool_id = a.pool
                 AND ({_SCOPE.format("region_id")} OR {_SCOPE.format("place_id")})))
   GROUP BY a.pool
), links AS (
  SELECT e.pool_id AS pool, e.number, e.previous,
      lag(e.number, 1, 0) OVER w AS last, lag(e.digest, 1, repeat('0', 64)::varchar) OVER w AS before,
      e.digest <> public.subsidies_digest(e.previous, e.pool_id, e.region_id, e.number, e.key, e.kind, e.taken_from,
        e.given_to, e.amount, e.award, e.enterprise_id, e.place_id, e.reverses_id, e.quarter, e.reason, e.by_id, e.at)
        AS changed
    FROM public.subsidies_entry e WHERE e.pool_id IN (SELECT pool FROM asked)
  WINDOW w AS (PARTITION BY e.pool_id ORDER BY e.number)
), ends AS (
  SELECT a.pool, a.number AS signed, p.id IS NOT NULL AS there, p.region_id, p.scheme, p.year, p.entries, p.head,
      coalesce(e.number, 0) AS number, coalesce(e.digest, repeat('0', 64)) AS digest
    FROM asked a LEFT JOIN public.subsidies_pool p ON p.id = a.pool
    LEFT JOIN LATERAL (SELECT number, digest FROM public.subsidies_entry WHERE pool_id = a.pool
                        ORDER BY number DESC LIMIT 1) e ON true
), found AS (
  SELECT pool, number AS since, number AS until, 'changed' AS what FROM links WHERE changed
  UNION ALL SELECT pool, last + 1, number - 1, 'missing' FROM links WHERE number > last + 1
  UNION ALL SELECT pool, number, number, 'unchained' FROM links
             WHERE number < last + 1 OR number = last + 1 AND previous <> before
  UNION ALL SELECT pool, number + 1, entries, 'missing' FROM ends WHERE there AND entries > number
  UNION ALL SELECT pool, number, number, 'cut' FROM ends
             WHERE there AND (entries < number OR entries = number AND head <> digest)
  UNION ALL SELECT pool, 1, number, 'gone' FROM ends WHERE NOT there
)
SELECT n.pool, n.region_id::text, n.scheme::text, n.year::int, n.entries, n.head::text, n.number,
    (SELECT e.digest::text FROM public.subsidies_entry e WHERE e.pool_id = n.pool AND e.number = n.signed),
    (SELECT count(*) FROM found f WHERE f.pool = n.pool),
    (SELECT coalesce(jsonb_agg(jsonb_build_object('what', t.what, 'from', t.since, 'to', t.until)
                               ORDER BY t.since, t.what), '[]')
       FROM (SELECT * FROM found f WHERE f.pool = n.pool ORDER BY f.since, f.what LIMIT 20) t)
  FROM ends n
$$
"""  # noqa: S608  (names out of our own migrations)


class Migration(migrations.Migration):
    """Whether a pool's whole chain holds, also for who sees no more of the pool than the entries of its own awards."""

    dependencies = [("subsidies", "0008_local_rules")]

    operations = [
        migrations.RunSQL(
            [
                f"GRANT SELECT (pool_id, region_id) ON subsidies_portion TO {DEFINER}",
                f"CREATE POLICY definer ON subsidies_portion FOR SELECT TO {DEFINER} USING (true)",
            ],
            migrations.RunSQL.noop,
        ),
        DefinerFunction("subsidies_proof(bigint[], int[])", _PROOF),
    ]

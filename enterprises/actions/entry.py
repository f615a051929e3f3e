"""Entering by hand: drafts, creating and changing an enterprise with its figures, names, states."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from enterprises.actions.elsewhere import told_of
from enterprises.models import AnnualFigures, Enterprise, EnterpriseState, EntryDraft, NameHistory, State
from enterprises.queries import registered_elsewhere
from enterprises.rules import uscc as codes
from enterprises.rules.fields import BY_CODE, ENTERPRISE_FIELDS, FIGURE_FIELDS
from enterprises.rules.names import name_keys
from enterprises.rules.sheet import Month
from enterprises.rules.text import clean
from tenancy import audit
from tenancy.access import Actor, require


class Refused(ValueError):
    """The act cannot be done; `code` says why (`enterprises.wording` has the words)."""

    def __init__(self, code: str, **params: Any) -> None:
        super().__init__(code)
        self.code = code
        self.params = params


class ChangedMeanwhile(Refused):
    """Somebody saved a newer version; `differences` are (field code, stored, typed)."""

    def __init__(self, differences: list[tuple[str, Any, Any]]) -> None:
        super().__init__("changed_meanwhile")
        self.differences = differences


_FIXED = {f.code for f in ENTERPRISE_FIELDS} - {"name"}
_FIGURES = {f.code for f in FIGURE_FIELDS}


def save_by_hand(
    *,
    by: Actor,
    region: str,
    year: int,
    values: dict[str, Any],
    enterprise: Enterprise | None = None,
    version: int | None = None,
    figures_version: int | None = None,
    draft: EntryDraft | None = None,
) -> Enterprise:
    """Creates an enterprise, or changes one, with its facts of a year; `values` by field code.

    Values are typed like the model's (money Decimal yuan); None erases; an absent code is left alone.
    `version` and `figures_version` are what the form was filled from: a newer row raises
    ChangedMeanwhile. Raises Refused for a code that is missing, wrong, or registered elsewhere, and
    Denied without `enterprises.edit`.
    """
    place = enterprise.region_id if enterprise is not None else region
    require(by, "enterprises.edit", place)
    values = {code: clean(value) if isinstance(value, str) else value for code, value in values.items()}
    unknown = set(values) - _FIXED - _FIGURES - {"uscc", "name"}
    if unknown:
        raise Refused("field_unknown", fields=sorted(unknown))
    try:
        return _saved(by, place, year, values, enterprise, version, figures_version, draft)
    except Refused as refused:
        # Outside of what was rolled back: the answer was given, so it counts.
        code = codes.check(values.get("uscc") or "").value
        if refused.code == "registered_elsewhere" and not told_of(by=by, region=place, codes=[code]):
            raise Refused("elsewhere_limit") from refused
        raise


def _saved(
    by: Actor,
    place: str,
    year: int,
    values: dict[str, Any],
    enterprise: Enterprise | None,
    version: int | None,
    figures_version: int | None,
    draft: EntryDraft | None,
) -> Enterprise:
    with transaction.atomic():
        if enterprise is None:
            enterprise, before = _created(by, place, values), None
        else:
            enterprise = Enterprise.objects.select_for_update().get(pk=enterprise.pk)
            before = _changed(by, enterprise, values, version)
        figures_before, figures_after = _figures(by, enterprise, year, values, figures_version)
        after = {
            code: _plain(getattr(enterprise, code)) for code in ("uscc", "name", *_FIXED) if code in values
        }
        if before is None or before or figures_before != figures_after:
            audit.record(
                by=by,
                action="enterprises.create" if before is None else "enterprises.edit",
                region=enterprise.region_id,
                subject=enterprise,
                before=None if before is None else before | figures_before,
                after=(after if before is None else {code: after[code] for code in before}) | figures_after,
                detail={"year": year},
            )
        if draft is not None:
            EntryDraft.objects.filter(pk=draft.pk).delete()
    return enterprise


def _created(by: Actor, region: str, values: dict[str, Any]) -> Enterprise:
    checked = codes.check(values.get("uscc") or "")
    if checked.severity == "error":
        raise Refused(checked.code)
    if not values.get("name"):
        raise Refused("name_missing")
    if Enterprise.objects.filter(uscc=checked.value).exists():
        raise Refused("uscc_registered")
    if registered_elsewhere([checked.value]):
        raise Refused("registered_elsewhere")
    now = timezone.now()
    enterprise = Enterprise(
        region_id=region,
        uscc=checked.value,
        created_at=now,
        created_by_id=by.officer_id,
        updated_at=now,
        updated_by_id=by.officer_id,
    )
    enterprise.set_name(values["name"])
    _assign(enterprise, {code: value for code, value in values.items() if code in _FIXED})
    try:
        with transaction.atomic():
            enterprise.save(force_insert=True)
    except IntegrityError as wrong:
        if "uscc" in str(wrong) and "unique" in str(wrong).lower():
            raise Refused("registered_elsewhere") from wrong
        raise
    return enterprise


def _assign(enterprise: Enterprise, values: dict[str, Any]) -> None:
    for code, value in values.items():
        setattr(enterprise, code, value if value != "" else None)
    if "established_on" in values:
        enterprise.established_month_only = isinstance(values["established_on"], Month)


def _changed(
    by: Actor, enterprise: Enterprise, values: dict[str, Any], version: int | None
) -> dict[str, Any]:
    """Applies what differs and returns what was before. The code itself never changes by hand."""
    wanted = {code: value if value != "" else None for code, value in values.items() if code in _FIXED}
    different = {c: v for c, v in wanted.items() if _plain(getattr(enterprise, c)) != _plain(v)}
    new_name = values.get("name")
    renamed = bool(new_name) and new_name != enterprise.name
    if version is not None and version != enterprise.version and (different or renamed):
        pairs = [(code, getattr(enterprise, code), value) for code, value in different.items()]
        raise ChangedMeanwhile(pairs + ([("name", enterprise.name, new_name)] if renamed else []))
    before = {code: _plain(getattr(enterprise, code)) for code in different}
    if renamed:
        before["name"] = enterprise.name
        keep_name(by=by, enterprise=enterprise, new=new_name or "")
        enterprise.set_name(new_name or "")
    if before:
        _assign(enterprise, different)
        _stamp(by, enterprise)
        enterprise.save()
    return before


def _figures(
    by: Actor, enterprise: Enterprise, year: int, values: dict[str, Any], version: int | None
) -> tuple[dict[str, Any], dict[str, Any]]:
    wanted = {code: value if value != "" else None for code, value in values.items() if code in _FIGURES}
    row = AnnualFigures.objects.select_for_update().filter(enterprise=enterprise, year=year).first()
    different = {c: v for c, v in wanted.items() if _same(getattr(row, c, None)) != _same(v)}
    if not different:
        return {}, {}
    if row is not None and version is not None and version != row.version:
        raise ChangedMeanwhile([(code, getattr(row, code), value) for code, value in different.items()])
    row = row or AnnualFigures(region_id=enterprise.region_id, enterprise=enterprise, year=year, version=0)
    before = {code: _plain(getattr(row, code)) for code in different}
    for code, value in different.items():
        setattr(row, code, value)
    _stamp(by, row)
    row.save()
    return before, {code: _plain(value) for code, value in different.items()}


def _stamp(by: Actor, row: Enterprise | AnnualFigures) -> None:
    """By hand: the row's content no longer comes from a workbook."""
    row.updated_at, row.updated_by_id = timezone.now(), by.officer_id
    row.import_batch_id, row.source_file, row.source_sheet, row.source_row = None, "", "", None
    row.version += 1


def _same(value: Any) -> Any:
    return value.normalize() if isinstance(value, Decimal) else value


def _plain(value: Any) -> Any:
    """A value as the audit trail's JSON holds it."""
    if isinstance(value, Decimal):
        return format(value, "f")
    return value.isoformat() if isinstance(value, dt.date) else value


def rename(*, by: Actor, enterprise: Enterprise, name: str, until_on: dt.date | None = None) -> Enterprise:
    """Gives the enterprise another name; the old one stays an alias by which it is found."""
    require(by, "enterprises.edit", enterprise.region_id)
    with transaction.atomic():
        enterprise = Enterprise.objects.select_for_update().get(pk=enterprise.pk)
        if not name.strip() or len(name) > BY_CODE["name"].max_length:
            raise Refused("name_missing")
        if name == enterprise.name:
            return enterprise
        before = enterprise.name
        keep_name(by=by, enterprise=enterprise, new=name, until_on=until_on)
        enterprise.set_name(name)
        _stamp(by, enterprise)
        enterprise.save()
        audit.record(
            by=by,
            action="enterprises.rename",
            region=enterprise.region_id,
            subject=enterprise,
            before={"name": before},
            after={"name": name},
        )
    return enterprise


def keep_name(*, by: Actor, enterprise: Enterprise, new: str, until_on: dt.date | None = None) -> None:
    """The name becomes an alias, unless only brackets, widths or blanks differ."""
    if name_keys(new).name_key != enterprise.name_key:
        NameHistory.objects.get_or_create(
            enterprise=enterprise,
            name=enterprise.name,
            defaults={
                "region_id": enterprise.region_id,
                "name_key": enterprise.name_key,
                "initials": enterprise.initials,
                "until_on": until_on or timezone.localdate(),
                "recorded_by_id": by.officer_id,
            },
        )


def set_state(
    *, by: Actor, enterprise: Enterprise, state: str, on: dt.date, note: str = "", merged_into: str = ""
) -> Enterprise:
    """Records that the enterprise was deregistered, moved away, merged, or is active again."""
    require(by, "enterprises.edit", enterprise.region_id)
    if state not in State.values or (merged_into and state != State.MERGED):
        raise Refused("state_unknown")
    with transaction.atomic():
        enterprise = Enterprise.objects.select_for_update().get(pk=enterprise.pk)
        if enterprise.state == state:
            return enterprise
        EnterpriseState.objects.create(
            region_id=enterprise.region_id,
            enterprise=enterprise,
            state=state,
            on=on,
            note=note[:500],
            merged_into=merged_into,
            recorded_by_id=by.officer_id,
        )
        before = enterprise.state
        enterprise.state = state
        enterprise.updated_at, enterprise.updated_by_id = timezone.now(), by.officer_id
        enterprise.version += 1
        enterprise.save()
        audit.record(
            by=by,
            action="enterprises.state",
            region=enterprise.region_id,
            subject=enterprise,
            before={"state": before},
            after={"state": state, "on": on.isoformat(), "merged_into": merged_into},
        )
    return enterprise


def save_draft(
    *,
    by: Actor,
    region: str,
    year: int,
    data: dict[str, Any],
    enterprise: Enterprise | None = None,
    draft: EntryDraft | None = None,
) -> EntryDraft:
    """Keeps a form as typed, right or wrong; only its author sees it in the list of drafts."""
    place = enterprise.region_id if enterprise is not None else region
    require(by, "enterprises.edit", place)
    if by.officer_id is None:
        raise Refused("officer_unknown", username=by.username)
    if draft is None:
        return EntryDraft.objects.create(
            region_id=place, by_id=by.officer_id, enterprise=enterprise, year=year, data=data
        )
    draft.data, draft.year, draft.saved_at = data, year, timezone.now()
    draft.save(update_fields=["data", "year", "saved_at"])
    return draft


def delete_draft(*, by: Actor, draft: EntryDraft) -> None:
    """Throws a draft away. Nothing was in the registry, so nothing is audited."""
    require(by, "enterprises.edit", draft.region_id)
    EntryDraft.objects.filter(pk=draft.pk, by_id=by.officer_id).delete()

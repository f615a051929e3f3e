from __future__ import annotations

import datetime as dt

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class RegionQuerySet(models.QuerySet["Region"]):
    def by_code(self, code: str, on: dt.date | None = None) -> Region:
        """The region that carries, or once carried, this code (410728 finds 长垣市 of today).

        `on` asks for the bearer on that day. Raises Region.DoesNotExist. One query.
        """
        named = self.filter(names__code=code)
        if on is not None:
            named = named.filter(
                Q(names__valid_from__isnull=True) | Q(names__valid_from__lte=on),
                Q(names__valid_until__isnull=True) | Q(names__valid_until__gte=on),
            )
        return named.order_by("-names__valid_from").distinct()[:1].get() if on else self._newest(named, code)

    def _newest(self, named: models.QuerySet[Region], code: str) -> Region:
        current = self.filter(code=code).first()
        if current is not None:
            return current
        found = named.order_by("path").first()
        if found is None:
            raise self.model.DoesNotExist(code)
        return found

    def under(self, path: str) -> RegionQuerySet:
        """The region and everything below it, by the range that the policies use too."""
        return self.filter(path__gte=path, path__lt=path + "~")

    def counties_under(self, path: str) -> RegionQuerySet:
        return self.under(path).filter(kind__in=Region.COUNTY_KINDS)


class Region(models.Model):
    """A node of the tree of places. `path` is the tenant key: permanent labels, each ending with '/'."""

    class Kind(models.TextChoices):
        NATION = "nation", _("全国")
        REGION = "region", _("省、自治区、直辖市")
        PREFECTURE = "prefecture", _("地、州、市")
        COUNTY = "county", _("县、市、区")
        ZONE = "zone", _("开发区")
        XPCC = "xpcc", _("兵团")
        XPCC_CITY = "xpcc_city", _("兵团城市")

    COUNTY_KINDS = (Kind.COUNTY, Kind.ZONE, Kind.XPCC_CITY)

    path = models.CharField(max_length=60, unique=True, db_collation="C")
    code = models.CharField(max_length=12, db_index=True)
    name = models.CharField(max_length=60)
    full_name = models.CharField(max_length=80)
    parent = models.ForeignKey("self", models.PROTECT, null=True, related_name="children")
    kind = models.CharField(max_length=12, choices=Kind.choices)
    #: a region whose authority works in this portal
    is_tenant = models.BooleanField(default=False)
    valid_until = models.DateField(null=True)
    source = models.CharField(max_length=200, blank=True)

    objects = RegionQuerySet.as_manager()

    class Meta:
        ordering = ["path"]
        constraints = [
            models.CheckConstraint(condition=Q(path__endswith="/"), name="region_path_ends_with_slash"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_county_level(self) -> bool:
        return self.kind in self.COUNTY_KINDS


class RegionName(models.Model):
    """A code and name that a region carries or carried, with its years."""

    region = models.ForeignKey(Region, models.CASCADE, related_name="names")
    code = models.CharField(max_length=12, db_index=True)
    name = models.CharField(max_length=60)
    valid_from = models.DateField(null=True)
    valid_until = models.DateField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["region", "code", "name"], name="region_name_once"),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"

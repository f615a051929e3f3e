from tenancy.models.audit import AuditEntry, AuditLink, AuditSeal
from tenancy.models.base import TenantModel, new_public_id
from tenancy.models.people import Officer, Posting
from tenancy.models.regions import Region, RegionName
from tenancy.models.work import Job, StoredFile

__all__ = [
    "AuditEntry",
    "AuditLink",
    "AuditSeal",
    "Job",
    "Officer",
    "Posting",
    "Region",
    "RegionName",
    "StoredFile",
    "TenantModel",
    "new_public_id",
]

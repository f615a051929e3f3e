from tenancy.models.audit import AuditEntry, AuditLink, AuditSeal
from tenancy.models.base import TenantModel, new_public_id
from tenancy.models.hooks import Delivery, Hook
from tenancy.models.inbox import Mail, MailSetting, Message, Receipt
from tenancy.models.people import Appointment, Officer, Posting, Token
from tenancy.models.regions import Region, RegionName
from tenancy.models.work import Job, KeptAnswer, StoredFile

__all__ = [
    "Appointment",
    "AuditEntry",
    "AuditLink",
    "AuditSeal",
    "Delivery",
    "Hook",
    "Job",
    "KeptAnswer",
    "Mail",
    "MailSetting",
    "Message",
    "Officer",
    "Posting",
    "Receipt",
    "Region",
    "RegionName",
    "StoredFile",
    "TenantModel",
    "Token",
    "new_public_id",
]

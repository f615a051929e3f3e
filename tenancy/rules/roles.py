"""Who may do what: one plain table. It is asked only through `tenancy.access`.

A permission is `noun.verb`; the noun is the app or the thing. The table is shown to administrators as
a page, so a change here is a change of what people read there.
"""

from dataclasses import dataclass

READ = frozenset(
    {
        "enterprises.view",
        "cultivation.view",
        "reports.view",
        "applications.view",
        "pool.view",
        "awards.view",
        "tokens.own",
    }
)
COUNTY_WORK = READ | {
    "enterprises.edit",
    "enterprises.import",
    "enterprises.export",
    "lists.export",
    "cultivation.evaluate",
    "reports.close",
    "pool.edit",
    "awards.record",
}


@dataclass(frozen=True)
class Role:
    code: str
    permissions: frozenset[str]
    #: kinds of region in which a posting with this role makes sense
    levels: frozenset[str]
    #: an official, for whom a second factor is asked in production
    official: bool = True


#: what the county's own facts are: a level above proposes, the county decides
DECIDES = frozenset({"enterprises.decide"})
#: what no figure tells is answered by a named person
ANSWERS = frozenset({"judgements.answer"})
#: in the way of an application, each level has its own word (`cultivation.rules.workflow`)
FILES = frozenset({"applications.file", "applications.recommend"})
REVIEWS = frozenset({"applications.review"})
#: who speaks for an enterprise in the portal is let in by its county
LETS_IN = frozenset({"accounts.invite"})
#: an enterprise is handed over from county to county
HANDS_OVER = frozenset({"enterprises.move"})
#: one administrator proposes people, the other confirms them; both see who there is
ADMINISTERS = frozenset({"people.view", "access.view", "lists.export"})
RECOGNISES = frozenset(
    {"applications.decide", "batches.open", "notices.publish", "recognitions.decide", "editions.compose"}
)
#: an award is proposed by any level, taken up and approved by two people of the level that pays
AWARDS = frozenset(
    {"awards.propose", "awards.reserve", "awards.approve", "awards.account", "awards.claims", "awards.terms"}
)
#: after a loss of the ledger: finance or the system administrator proposes, auditor or security administrator confirms
LOSES, ADMITS = frozenset({"ledger.view", "ledger.propose"}), frozenset({"ledger.view", "ledger.confirm"})
COUNTY_LEVEL = frozenset({"county", "zone", "xpcc_city"})
ANY_LEVEL = COUNTY_LEVEL | {"prefecture", "region", "xpcc"}

ROLES: dict[str, Role] = {
    role.code: role
    for role in (
        Role("county", COUNTY_WORK | DECIDES | FILES | ANSWERS | LETS_IN | HANDS_OVER | AWARDS, COUNTY_LEVEL),
        Role("prefecture", COUNTY_WORK | REVIEWS | ANSWERS | AWARDS, frozenset({"prefecture"})),
        Role("region", COUNTY_WORK | RECOGNISES | ANSWERS | AWARDS, frozenset({"region", "xpcc"})),
        # Money is posted by its own level; finance opens the pools, orders and pays.
        Role(
            "finance",
            READ
            | LOSES
            | {"enterprises.export", "lists.export", "awards.record", "awards.budget", "awards.pay"},
            ANY_LEVEL,
        ),
        Role("commissioner", READ, ANY_LEVEL),
        Role("purchaser", frozenset({"enterprises.view", "tokens.own"}), ANY_LEVEL),
        Role(
            "enterprise",
            frozenset({"own.view", "own.apply", "own.report", "own.account"}),
            ANY_LEVEL,
            official=False,
        ),
        Role("auditor", READ | ADMITS | {"audit.view", "access.view", "lists.export"}, ANY_LEVEL),
        Role(
            "sysadmin",
            ADMINISTERS | LOSES | {"people.propose", "jobs.view", "hooks.manage"},
            ANY_LEVEL,
        ),
        Role("secadmin", ADMINISTERS | ADMITS | {"people.manage"}, ANY_LEVEL),
        # Commands and jobs without a person; cannot sign in.
        Role(
            "system",
            (COUNTY_WORK - {"tokens.own"}) | DECIDES | LETS_IN | {"audit.seal", "people.found"},
            ANY_LEVEL,
            official=False,
        ),
    )
}

#: what an administrator may propose a person for; who speaks for an enterprise is let in by its county
APPOINTABLE = tuple(code for code, role in ROLES.items() if role.official)

PERMISSIONS: tuple[str, ...] = tuple(sorted({p for role in ROLES.values() for p in role.permissions}))


def may(role: str, permission: str) -> bool:
    """Whether the role holds the permission; an unknown role holds none."""
    found = ROLES.get(role)
    return found is not None and permission in found.permissions


def official_of(kind: str) -> str:
    """The role that decides what a kind of place decides itself."""
    return {"prefecture": "prefecture", "region": "region", "xpcc": "region"}.get(kind, "county")


def covers(scope: str, path: str) -> bool:
    """Whether the region `path` is `scope` itself or lies below it. Every path ends with '/'."""
    return bool(scope) and path.startswith(scope)

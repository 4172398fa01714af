"""Rights: which role may do what. Decided here, in the store, never on a screen."""

from __future__ import annotations

from collections.abc import Iterable

from store.errors import Denied
from store.tables import User
from store.values import Role

LEADS = (Role.OWNER, Role.LEAD)
PEOPLE = (Role.OWNER, Role.LEAD, Role.LABELER)

_ROWS = {
    "user": (Role.OWNER,),
    **dict.fromkeys(
        ("task", "task_member", "task_concept", "dataset", "dataset_input", "input", "model", "workflow"),
        LEADS,
    ),
}
"""By table, who may bring rows of it back and forth; of all others whoever labels."""


def require(actor: User, *roles: Role) -> None:
    """Raises Denied unless `actor` has one of `roles`."""
    if actor.role not in roles:
        allowed = [f"{role.value}s" for role in roles]
        some = allowed[0] if len(allowed) == 1 else f"{', '.join(allowed[:-1])} and {allowed[-1]}"
        article = "an" if actor.role == Role.OWNER else "a"
        raise Denied(f"{actor.name} is {article} {actor.role} here: only {some} may do this")


def require_rows(actor: User, tables: Iterable[str]) -> None:
    """Raises Denied unless `actor` may still change rows of all these tables, as undo does."""
    for table in set(tables):
        require(actor, *_ROWS.get(table, PEOPLE))

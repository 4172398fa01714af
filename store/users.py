"""Users: who is in the project, as what, and who may do a thing."""

from __future__ import annotations

import getpass
import os
from typing import Any

from store import dealing
from store.database import now
from store.errors import Denied, NotFound, Refused
from store.history import Recorder, step
from store.names import clean, not_found
from store.rights import require
from store.tables import User
from store.values import Role

PEOPLE = tuple(role for role in Role if role is not Role.MODEL)
"""The roles a person can have."""


def own_name(explicit: str | None = None) -> str:
    """The name to act under: the given one, `$WINNOW_USER`, or the login name. Raises Refused without."""
    name = explicit or os.environ.get("WINNOW_USER")
    if not name:
        try:
            name = getpass.getuser()
        except (OSError, KeyError):
            raise Refused("this login has no name: say who you are with --as NAME or $WINNOW_USER") from None
    return clean(name, "a user's name")


def current(name: str | None = None) -> User:
    """The user who acts: `name`, `$WINNOW_USER`, or the login name.

    Raises NotFound when the project has no such user, Denied for a model or who was removed.
    """
    wanted = own_name(name)
    user = User.get_or_none(User.name == wanted)
    if user is None:
        raise NotFound(
            f"'{wanted}' is no user of this project: say who you are with --as NAME, "
            f"or let an owner type: winnow user add {wanted}"
        )
    if user.role == Role.MODEL:
        raise Denied(f"'{wanted}' is a model: nobody can act as one")
    if not user.active:
        raise Denied(f"'{wanted}' was removed from this project")
    return user


def find(name: str) -> User:
    """The user of this name, model annotators and removed people included. Raises NotFound."""
    user = User.get_or_none(User.name == name)
    if user is None:
        raise not_found("user", name, [row.name for row in User.select(User.name)])
    return user


def add(actor: User, name: str, role: Role | None = None) -> User:
    """Take a person in, as a labeler unless `role` says otherwise, or give one who is here that role. For
    owners.

    Raises Refused for the name of a model and where the project would lose its last owner.
    """
    require(actor, Role.OWNER)
    if role is Role.MODEL:
        raise Refused("a person cannot have the role model")
    name = clean(name, "a user's name")
    with step(actor, f"add user {name}") as recorder:
        known = User.get_or_none(User.name == name)
        if known is None:
            _require_one_name(name)
            joins_as = role or Role.LABELER
            return recorder.insert(User, name=name, role=joins_as.value, active=True, created_at=now())
        _require_person(known)
        if role is not None and role is not Role.OWNER:
            _keep_an_owner(known)
        back = not known.active
        recorder.update(known, role=role.value if role is not None else known.role, active=True)
        if back:
            dealing.come_back(recorder, known)
        return known


def invite(recorder: Recorder, name: str) -> tuple[User, bool]:
    """The person of this name, and whether they were taken in for it, as a labeler."""
    name = clean(name, "a user's name")
    known = User.get_or_none(User.name == name)
    if known is None:
        _require_one_name(name)
        made = recorder.insert(User, name=name, role=Role.LABELER.value, active=True, created_at=now())
        return made, True
    _require_person(known)
    if known.active:
        return known, False
    recorder.update(known, role=Role.LABELER.value, active=True)
    dealing.come_back(recorder, known)
    return known, True


def _require_one_name(name: str) -> None:
    """Somebody who is here already may have a comma in their name; nobody new."""
    if "," in name:
        raise Refused(
            f"'{name}' is no name of one person: name each by itself, such as --labeler ann --labeler bob"
        )


def remove(actor: User, user: User) -> None:
    """Let a person go: what they did stays, what they have open goes to the others of each task. For owners.

    What nobody else could take waits until somebody joins the task. Raises Refused for the last owner
    and for models.
    """
    require(actor, Role.OWNER)
    _require_person(user)
    _keep_an_owner(user)
    with step(actor, f"remove user {user.name}") as recorder:
        if not user.active:
            raise Refused(f"'{user.name}' was removed already")
        recorder.update(user, active=False)
        dealing.leave(recorder, user)


def listing() -> list[dict[str, Any]]:
    """The people of the project: id, name, role, active."""
    people = User.select().where(User.role != Role.MODEL.value).order_by(User.name)
    return [{"id": row.id, "name": row.name, "role": row.role, "active": bool(row.active)} for row in people]


def _require_person(user: User) -> None:
    if user.role == Role.MODEL:
        raise Refused(f"'{user.name}' is the name of a model")


def _keep_an_owner(user: User) -> None:
    others = User.select().where(
        User.role == Role.OWNER.value,
        User.active == True,
        User.id != user.id,
    )
    if user.role == Role.OWNER and not others.exists():
        raise Refused(f"'{user.name}' is the only owner: make somebody else an owner first")

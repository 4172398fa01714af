"""What the store says no with: every error is one sentence that a user can act on."""


class Refused(Exception):
    """The store will not do this; the message is one sentence that says what to change."""


class NotFound(Refused):
    """No row has this name or id."""


class Denied(Refused):
    """This user's role does not allow it."""


class Conflict(Refused):
    """Somebody else changed the row since it was read."""

"""How this app says no."""


class Refused(Exception):
    """A refusal. `reason` is for the person, `code` for programs, and `status` is the HTTP status."""

    def __init__(self, reason: str, code: str, status: int = 409) -> None:
        super().__init__(reason)
        self.reason, self.code, self.status = reason, code, status

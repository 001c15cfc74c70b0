"""How this app says no."""


class Refused(Exception):
    """No. `reason` is for the person, `code` for a program, `status` is the HTTP status that says it."""

    def __init__(self, reason: str, code: str, status: int = 409) -> None:
        super().__init__(reason)
        self.reason, self.code, self.status = reason, code, status

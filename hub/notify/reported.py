"""What reports about letters have in common: a password proves them, and a key names the letter."""

from email.utils import parseaddr
from typing import Self

from hub.notify.letter import message_id
from hub.notify.receipts import Report, same
from hub.notify.tools import Tools


class Letters:
    """A desk for reports about e-mail whose provider signs nothing but sends a password."""

    NAME: str
    CHANNEL = "email"
    KIND = "email"

    def __init__(self, *secrets: str, sender: str) -> None:
        """Note the passwords that are valid now, and whose letters they are about."""
        self._secrets, self._sender = secrets, sender

    @classmethod
    def opened(cls, tools: Tools) -> Self | None:
        """Return the desk; None while no password is set for it."""
        secrets = tools.settings.secrets_of(cls.NAME)
        sender = parseaddr(tools.settings.mail_from)[1]
        return cls(*secrets, sender=sender) if secrets else None

    def prove(self, report: Report) -> None:
        """Check the password."""
        same(report.password(), *self._secrets)

    def greet(self, report: Report) -> bytes | None:
        """Nobody asks."""
        return None

    def reference(self, key: str) -> str:
        """Return the Message-ID of the letter with this key; empty if there is no key."""
        return message_id(key, self._sender) if key else ""

"""Says why no broker lets us read or write orders' raws: by name, by place, and with the remedy.

The client tries one broker after the other and in the end only knows that there was none. Whoever
set a wrong password waits for a broker that is there.
"""

import asyncio
import ssl
from collections.abc import Mapping

from aiokafka.conn import create_conn
from aiokafka.errors import (
    AuthenticationFailedError,
    KafkaError,
    SaslAuthenticationFailed,
    UnsupportedSaslMechanismError,
)

from hub.stream.brokers import BrokerAway, Brokers

PATIENCE = 1.5  #: seconds; who asks whether we are ready waits no longer than two
ANOTHER_HOST = (62, 64)  #: how OpenSSL counts: the certificate names another host, or address

Reason = tuple[str, str]  #: what is found, and what helps

NO_TLS: Reason = (
    "the broker speaks no TLS at that port",
    "set TILANNE_STREAM_URL to the port for TLS, or to kafka:// for this one",
)
PASSWORD: Reason = (
    "the broker refuses the user name or the password",
    "set TILANNE_STREAM_USERNAME and TILANNE_STREAM_PASSWORD to a user of the broker's",
)
HOST: Reason = (
    "the broker's certificate is for another host",
    "call the broker in TILANNE_STREAM_URL, and let it advertise itself, as its certificate does",
)
AUTHORITY = "let TILANNE_STREAM_CA name the file with the certificate of whoever signed it"
MECHANISM = "set TILANNE_STREAM_MECHANISM to one that the broker takes"


class Denied(BrokerAway):
    """A broker is there, and does not let us in."""

    def __init__(self, server: str, reason: Reason) -> None:
        """``reason`` is read by strangers, and names no server."""
        self.found, self.remedy = reason
        super().__init__(f"{server}: {self.found}; {self.remedy}")


async def denied(brokers: Brokers) -> Denied | None:
    """Call the brokers one by one; return what the first says that does not let us in."""
    how = {name: value for name, value in brokers.client().items() if name != "bootstrap_servers"}
    for server in brokers.servers:
        if reason := await _refusal(server, how, brokers.mechanism):
            return Denied(server, reason)
    return None


async def _refusal(server: str, how: Mapping[str, object], mechanism: str) -> Reason | None:
    host, _, port = server.rpartition(":")
    try:
        async with asyncio.timeout(PATIENCE):
            connection = await create_conn(host.strip("[]"), int(port), **how)
    except ssl.SSLCertVerificationError as error:
        if error.verify_code in ANOTHER_HOST:
            return HOST
        return f"the broker's certificate is not trusted: {error.verify_message}", AUTHORITY
    except ssl.SSLError:
        return NO_TLS
    except (SaslAuthenticationFailed, AuthenticationFailedError):
        return PASSWORD
    except UnsupportedSaslMechanismError:
        return f"the broker does not take {mechanism}", MECHANISM
    except (KafkaError, OSError, TimeoutError):
        return None
    connection.close()
    return None

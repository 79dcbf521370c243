"""A second door of the broker, for orders that go over TLS by whoever knows the password."""

import ipaddress
import secrets
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from hub.clock import utc_now

USER = "tilanne"
VALID = timedelta(days=365)

LISTENER = """\
ssl.keystore.type=PEM
ssl.keystore.location={keystore}
sasl.enabled.mechanisms=SCRAM-SHA-512,PLAIN
listener.name.secured.scram-sha-512.sasl.jaas.config=\
org.apache.kafka.common.security.scram.ScramLoginModule required;
listener.name.secured.plain.sasl.jaas.config=\
org.apache.kafka.common.security.plain.PlainLoginModule required user_{user}="{password}";
"""


@dataclass(frozen=True, slots=True)
class Secured:
    """Where the door is, and what opens it: SCRAM-SHA-512 or PLAIN, over TLS."""

    port: int
    folder: Path

    @property
    def password(self) -> str:
        """The same for as long as the folder is there: the broker has written it down."""
        kept = self.folder / "password"
        if not kept.exists():
            kept.touch(0o600)
            kept.write_text(secrets.token_hex())
        return kept.read_text()

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def authority(self) -> Path:
        """The certificate that proves the broker's."""
        return self.folder / "ca.pem"

    @property
    def credentials(self) -> str:
        """What the broker's storage is told of the user."""
        return f"SCRAM-SHA-512=[name={USER},password={self.password}]"

    def properties(self) -> str:
        """Make a certificate if there is none, and return what the broker is to be told of it."""
        keystore = self.folder / "broker.pem"
        if not keystore.exists():
            keystore.touch(0o600)
            keystore.write_bytes(chain(self.authority))
        return LISTENER.format(keystore=keystore, user=USER, password=self.password)

    def settings(self) -> dict[str, str]:
        """Return what the hub is to be told."""
        return {
            "TILANNE_STREAM_URL": f"kafka+ssl://{self.address}",
            "TILANNE_STREAM_CA": str(self.authority),
            "TILANNE_STREAM_USERNAME": USER,
            "TILANNE_STREAM_PASSWORD": self.password,
        }


def chain(authority: Path) -> bytes:
    """Make an authority, which is kept, and a broker's key and certificate, which are returned."""
    ours, theirs = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    name = _name("Tilanne's broker for trying")
    constraint = x509.BasicConstraints(ca=True, path_length=0)
    root = _certificate(name, name, ours.public_key())
    ca = root.add_extension(constraint, critical=True).sign(ours, hashes.SHA256())
    authority.write_bytes(ca.public_bytes(serialization.Encoding.PEM))
    here = x509.SubjectAlternativeName(
        [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    )
    leaf = _certificate(_name("localhost"), name, theirs.public_key())
    key = theirs.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    certificate = leaf.add_extension(here, critical=False).sign(ours, hashes.SHA256())
    return key + b"".join(one.public_bytes(serialization.Encoding.PEM) for one in (certificate, ca))


def _certificate(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey
) -> x509.CertificateBuilder:
    now = utc_now()
    return x509.CertificateBuilder(
        subject_name=subject,
        issuer_name=issuer,
        public_key=key,
        serial_number=x509.random_serial_number(),
        not_valid_before=now - timedelta(hours=1),
        not_valid_after=now + VALID,
    )


def _name(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])

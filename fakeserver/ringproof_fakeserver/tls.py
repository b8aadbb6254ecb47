"""A private certificate authority and the server certificate it signs, kept between runs.

Every file appears at once and complete (written under another name, then linked or renamed), so
several processes may start on one empty folder at the same time and all end up with one authority.
"""

from __future__ import annotations

import contextlib
import datetime
import hashlib
import os
import ssl
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import msgspec
import trustme
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes

from ringproof_fakeserver.config import STATE_VARIABLE
from ringproof_fakeserver.names import FABRIC_HOST

if sys.platform != "win32":
    import fcntl

NAMES = (
    "localhost",
    "*.localhost",
    # Browsers refuse a wildcard right below a top-level name, hence the longer ones.
    FABRIC_HOST,
    "*." + FABRIC_HOST.partition(".")[2],
    "127.0.0.1",
    "::1",
)
LEAF_DAYS = 365
RENEW_DAYS = 14
"""A certificate with less than this left is replaced at start."""

_AUTHORITY = "authority.pem"
_CA = "ca.pem"


class CertificateError(Exception):
    """The authority is unusable; the message names the file to remove or the variable to set."""


class Identity(msgspec.Struct, frozen=True):
    """A server's certificate, and what its clients must trust."""

    ca_file: Path
    """The authority's certificate, PEM, without its key."""
    chain_file: Path
    """Private key and certificate of the server in one PEM file."""

    def server_context(self) -> ssl.SSLContext:
        """Build the context a listening socket needs."""
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(self.chain_file)
        return context

    def fingerprint(self) -> str:
        """Return the SHA-256 of the server's certificate, in hex."""
        leaf = x509.load_pem_x509_certificate(self.chain_file.read_bytes())
        return leaf.fingerprint(hashes.SHA256()).hex()


def prepare(
    folder: Path, now: datetime.datetime | None = None, names: tuple[str, ...] = ()
) -> Identity:
    """Make or renew what is missing in ``folder``; the folder gets mode 0700, its files 0600.

    The folder should contain nothing else. ``now`` is aware; None is the clock. ``names`` are DNS
    names and addresses that the certificate has beside ``NAMES``. Raises
    ``CertificateError`` when the stored authority cannot be read or has expired, or when the folder
    cannot be written.
    """
    now = now or datetime.datetime.now(datetime.UTC)
    try:
        return _prepare(folder, now, names)
    except OSError as error:
        raise CertificateError(
            f"the certificate cannot be kept: {error.filename or folder}: {error.strerror}; "
            f"set {STATE_VARIABLE} to a folder that can be written"
        ) from error


def _prepare(folder: Path, now: datetime.datetime, names: tuple[str, ...]) -> Identity:
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    folder.chmod(0o700)
    ca_file, leaf_file = folder / _CA, folder / _leaf_name(names)
    names = (*NAMES, *names)
    with _locked(folder):
        authority = _authority(folder, now)
        ca_pem = authority.cert_pem.bytes()
        if not ca_file.exists() or ca_file.read_bytes() != ca_pem:
            _write_temporary(ca_file, ca_pem).replace(ca_file)
        if not _leaf_serves(leaf_file, authority, now, names):
            _write_temporary(leaf_file, _issue(authority, now, names)).replace(leaf_file)
    return Identity(ca_file, leaf_file)


def _leaf_name(names: tuple[str, ...]) -> str:
    """Return a file name for each set of names: servers side by side replace no other's."""
    if not names:
        return "server.pem"
    digest = hashlib.sha256(" ".join(sorted(names)).encode()).hexdigest()
    return f"server-{digest[:16]}.pem"


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Keep other processes from making a certificate at the same time.

    A server reads its chain file twice, for the certificate and for the key: a file that another
    process replaces in between gives a pair that does not match.
    """
    if sys.platform == "win32":  # no such lock there: start the first server alone
        yield
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _authority(folder: Path, now: datetime.datetime) -> trustme.CA:
    path = folder / _AUTHORITY
    if not path.exists():
        unit = f"ringproof local authority {os.urandom(4).hex()}"
        made = trustme.CA(organization_name="ringproof", organization_unit_name=unit)
        temporary = _write_temporary(path, made.private_key_pem.bytes() + made.cert_pem.bytes())
        try:
            with contextlib.suppress(FileExistsError):
                os.link(temporary, path)  # which, unlike a rename, never overwrites
        finally:
            temporary.unlink()
    # Read back even what was just written: another process may have been first.
    pem = path.read_bytes()
    try:
        authority = trustme.CA.from_pem(pem, pem)
        expiry = x509.load_pem_x509_certificate(pem).not_valid_after_utc
    except ValueError as error:
        raise CertificateError(f"{path} is damaged: remove it and start again") from error
    if expiry < now + datetime.timedelta(days=RENEW_DAYS):
        raise CertificateError(f"{path} has expired: remove it, start again, trust the new ca.pem")
    return authority


def _leaf_serves(
    path: Path, authority: trustme.CA, now: datetime.datetime, wanted: tuple[str, ...]
) -> bool:
    """Whether the stored certificate is ours, long enough valid and has all names."""
    if not path.exists():
        return False
    ours = x509.load_pem_x509_certificate(authority.cert_pem.bytes())
    try:
        leaf = x509.load_pem_x509_certificate(path.read_bytes())
        leaf.verify_directly_issued_by(ours)
        names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (ValueError, TypeError, InvalidSignature, x509.ExtensionNotFound):
        return False
    have = {str(name.value) for name in names}
    fresh = leaf.not_valid_after_utc > now + datetime.timedelta(days=RENEW_DAYS)
    # A clock that ran ahead made a certificate that clients do not accept yet.
    begun = leaf.not_valid_before_utc <= now
    return begun and fresh and have >= set(wanted)


def _issue(authority: trustme.CA, now: datetime.datetime, names: tuple[str, ...]) -> bytes:
    leaf = authority.issue_cert(
        *names,
        organization_name="ringproof",
        organization_unit_name="ringproof local server",
        not_before=now - datetime.timedelta(days=1),
        not_after=now + datetime.timedelta(days=LEAF_DAYS),
    )
    return leaf.private_key_and_cert_chain_pem.bytes()


def _write_temporary(path: Path, data: bytes) -> Path:
    """Write a new file (mode 0600) beside ``path`` and return where."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
    except OSError as error:
        os.unlink(name)
        # A write does not say which file it was.
        raise OSError(error.errno, error.strerror, str(path)) from error
    return Path(name)

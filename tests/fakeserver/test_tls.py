from __future__ import annotations

import datetime
import ssl
import stat
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pytest
from cryptography import x509

from ringproof_fakeserver import tls

NOW = datetime.datetime.now(datetime.UTC)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def leaf(identity: tls.Identity) -> x509.Certificate:
    return x509.load_pem_x509_certificate(identity.chain_file.read_bytes())


def accepts(identity: tls.Identity, ca_file: Path, name: str) -> bool:
    """Shake hands in memory as a client that trusts ``ca_file`` and wants ``name``."""
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    client_context = ssl.create_default_context(cafile=ca_file)
    client = client_context.wrap_bio(to_client, to_server, server_hostname=name)
    server = identity.server_context().wrap_bio(to_server, to_client, server_side=True)
    for _ in range(4):
        for side in (client, server):
            try:
                side.do_handshake()
            except ssl.SSLWantReadError:
                continue
            except ssl.SSLCertVerificationError:
                return False
    return True


def test_files_are_for_the_user_alone(tmp_path: Path):
    folder = tmp_path / "state" / "tls"

    identity = tls.prepare(folder)

    assert mode(folder) == 0o700
    assert {path.name: mode(path) for path in folder.iterdir()} == {
        "authority.pem": 0o600,
        "ca.pem": 0o600,
        "server.pem": 0o600,
    }
    assert b"PRIVATE KEY" not in identity.ca_file.read_bytes()


@pytest.mark.parametrize(
    "name",
    ["localhost", "fabric.ringproof.localhost", "other.ringproof.localhost", "127.0.0.1", "::1"],
)
def test_a_client_that_trusts_the_authority_accepts(tmp_path: Path, name: str):
    identity = tls.prepare(tmp_path)
    assert accepts(identity, identity.ca_file, name)
    assert not accepts(identity, identity.ca_file, "example.com")


def test_more_names_are_in_a_certificate_of_their_own(tmp_path: Path):
    usual = tls.prepare(tmp_path)
    before = usual.chain_file.read_bytes()

    more = tls.prepare(tmp_path, names=("ringproof.example", "192.0.2.5"))

    for name in ("ringproof.example", "192.0.2.5", "fabric.ringproof.localhost"):
        assert accepts(more, usual.ca_file, name)
    assert not accepts(more, usual.ca_file, "example.com")
    assert usual.chain_file.read_bytes() == before
    again = tls.prepare(tmp_path, names=("192.0.2.5", "ringproof.example"))
    assert again.chain_file.read_bytes() == more.chain_file.read_bytes()


def test_the_names_include_the_localhost_wildcard(tmp_path: Path):
    extension = leaf(tls.prepare(tmp_path)).extensions.get_extension_for_class(
        x509.SubjectAlternativeName
    )
    assert "*.localhost" in extension.value.get_values_for_type(x509.DNSName)


def test_a_second_start_changes_nothing(tmp_path: Path):
    tls.prepare(tmp_path)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}

    tls.prepare(tmp_path)

    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_a_leaf_that_runs_out_is_renewed_under_the_same_authority(tmp_path: Path):
    old = tls.prepare(tmp_path, NOW - datetime.timedelta(days=tls.LEAF_DAYS - 1))
    old_leaf, ca_pem = leaf(old), old.ca_file.read_bytes()

    new = tls.prepare(tmp_path, NOW)

    assert leaf(new).not_valid_after_utc > NOW + datetime.timedelta(days=300)
    assert leaf(new) != old_leaf
    assert new.ca_file.read_bytes() == ca_pem
    assert accepts(new, new.ca_file, "localhost")


def test_a_certificate_of_a_clock_that_ran_ahead_is_made_afresh(tmp_path: Path):
    ahead = tls.prepare(tmp_path, NOW + datetime.timedelta(days=3))
    assert not accepts(ahead, ahead.ca_file, "localhost")
    ca_pem = ahead.ca_file.read_bytes()

    now = tls.prepare(tmp_path, NOW)

    assert accepts(now, now.ca_file, "localhost")
    assert now.ca_file.read_bytes() == ca_pem


def test_a_folder_that_cannot_be_written_is_named_with_the_variable_to_set(tmp_path: Path):
    (tmp_path / "file").touch()

    with pytest.raises(tls.CertificateError, match=r"file/tls.*Not a directory; set XDG_STATE_HO"):
        tls.prepare(tmp_path / "file" / "tls")


def test_a_damaged_leaf_is_replaced(tmp_path: Path):
    identity = tls.prepare(tmp_path)
    identity.chain_file.write_bytes(b"nonsense")

    assert accepts(tls.prepare(tmp_path), identity.ca_file, "localhost")


def test_a_leaf_of_another_authority_is_replaced(tmp_path: Path):
    foreign = tls.prepare(tmp_path / "a").chain_file.read_bytes()
    identity = tls.prepare(tmp_path / "b")
    identity.chain_file.write_bytes(foreign)

    assert accepts(tls.prepare(tmp_path / "b"), identity.ca_file, "localhost")


def test_a_damaged_authority_is_named(tmp_path: Path):
    tls.prepare(tmp_path)
    (tmp_path / "authority.pem").write_bytes(b"nonsense")

    with pytest.raises(tls.CertificateError, match=r"authority\.pem is damaged: remove it"):
        tls.prepare(tmp_path)


def test_an_expired_authority_is_named(tmp_path: Path):
    tls.prepare(tmp_path)

    with pytest.raises(tls.CertificateError, match=r"authority\.pem has expired: remove it"):
        tls.prepare(tmp_path, NOW + datetime.timedelta(days=365 * 1000))


def prepare_and_return(folder: Path) -> tuple[bytes, bool]:
    identity = tls.prepare(folder)
    return identity.ca_file.read_bytes(), accepts(identity, identity.ca_file, "localhost")


def test_processes_that_start_at_once_share_one_authority(tmp_path: Path):
    with ProcessPoolExecutor(3, mp_context=get_context("spawn")) as pool:
        results = list(pool.map(prepare_and_return, [tmp_path] * 6))

    assert len({ca_pem for ca_pem, _ in results}) == 1
    assert all(accepted for _, accepted in results)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "authority.pem",
        "ca.pem",
        "server.pem",
    ]

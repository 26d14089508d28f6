"""Keys: raw, private, never overwritten."""

from pathlib import Path

import pytest

from tocsin.errors import OperatorFault
from tocsin.guard.keys import generate_key, key_id_of, load_key, public_of, save_key

# RFC 8032 section 7.1, test 1.
SECRET = bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
PUBLIC = bytes.fromhex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")


def test_the_public_key_is_that_of_rfc_8032() -> None:
    assert public_of(SECRET) == PUBLIC


def test_a_key_id_is_the_head_of_the_public_keys_sha_256() -> None:
    """Digest computed with `printf d75a98...511a | xxd -r -p | sha256sum` (GNU coreutils)."""
    assert key_id_of(PUBLIC) == "21fe31dfa154a261"


def test_a_seed_gives_the_same_key_every_time_and_no_seed_another_one_each_time() -> None:
    assert generate_key(b"demo KOR") == generate_key(b"demo KOR")
    assert len({generate_key(b"demo KOR"), generate_key(b"demo JPN"), generate_key(b""), generate_key(), generate_key()}) == 5
    assert len(generate_key()) == 32


def test_a_saved_key_is_readable_by_its_owner_only_and_comes_back(tmp_path: Path) -> None:
    path = tmp_path / "node.key"
    save_key(path, SECRET)
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.read_bytes() == SECRET
    assert load_key(path) == SECRET


def test_an_existing_key_is_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "node.key"
    save_key(path, SECRET)
    with pytest.raises(OperatorFault, match="free path"):
        save_key(path, generate_key())
    assert load_key(path) == SECRET


def test_a_key_that_others_may_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "node.key"
    save_key(path, SECRET)
    path.chmod(0o640)
    with pytest.raises(OperatorFault, match="640"):
        load_key(path)


def test_a_missing_or_damaged_key_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "node.key"
    with pytest.raises(OperatorFault, match="expected a key file"):
        load_key(path)
    path.write_bytes(SECRET[:31])
    path.chmod(0o600)
    with pytest.raises(OperatorFault, match="31"):
        load_key(path)
    with pytest.raises(OperatorFault, match="32 bytes"):
        save_key(tmp_path / "other.key", SECRET[:31])

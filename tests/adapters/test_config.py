"""Files in and out: every failure is one clear line with the path and what to do."""

import os
from pathlib import Path

import pytest

from tocsin.adapters import config
from tocsin.adapters.config import make_folder, open_input, read_bytes, read_text, write_bytes, write_lines
from tocsin.errors import OperatorFault

ROOT = os.geteuid() == 0  # permissions do not bind root


def test_text_is_read_as_utf8_without_its_byte_order_mark(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_bytes(b"\xef\xbb\xbf" + "평양".encode())
    assert read_text(tmp_path / "a.toml") == "평양"


def test_a_missing_file_is_one_clear_line_with_exit_code_3(tmp_path: Path) -> None:
    with pytest.raises(OperatorFault) as caught:
        read_text(tmp_path / "absent.toml")
    expected = "expected a file that can be read, came: no such file or directory; check the path and its permissions"
    assert str(caught.value) == f"{tmp_path / 'absent.toml'}: {expected}"
    assert caught.value.exit_code == 3


def test_a_folder_in_place_of_a_file_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(OperatorFault, match="came: is a directory"):
        open_input(tmp_path)
    with pytest.raises(OperatorFault, match="came: is a directory"):
        write_bytes(tmp_path, b"")


@pytest.mark.skipif(ROOT, reason="root may read everything")
def test_a_file_without_permission_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(b"")
    (tmp_path / "secret").chmod(0)
    with pytest.raises(OperatorFault, match="permission denied"):
        read_text(tmp_path / "secret")


def test_text_in_another_encoding_names_the_line(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_bytes("title = 1\nname = 'Séoul'\n".encode("latin-1"))
    with pytest.raises(OperatorFault, match=r"expected UTF-8 text, came byte 0xe9 in line 2; save the file as UTF-8"):
        read_text(tmp_path / "a.toml")


def test_a_file_over_the_cap_is_refused_and_one_at_the_cap_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a").write_bytes(b"12345")
    assert read_bytes(tmp_path / "a", 5) == b"12345"
    with pytest.raises(OperatorFault, match="expected at most 4 bytes, came more"):
        read_bytes(tmp_path / "a", 4)
    monkeypatch.setattr(config, "TEXT_CAP_BYTES", 4)
    with pytest.raises(OperatorFault, match="expected at most 4 bytes"):
        read_text(tmp_path / "a")


def test_lines_are_written_as_they_come_and_counted(tmp_path: Path) -> None:
    assert write_lines(tmp_path / "out.jsonl", (b"%d\n" % number for number in range(1_000))) == 1_000
    assert (tmp_path / "out.jsonl").read_bytes().splitlines()[-1] == b"999"
    assert write_lines(tmp_path / "out.jsonl", ()) == 0
    assert (tmp_path / "out.jsonl").read_bytes() == b""


def test_a_full_disk_is_one_clear_line() -> None:
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("this system has no /dev/full")
    with pytest.raises(OperatorFault, match="came: no space left on device"):
        write_bytes(full, bytes(100))
    with pytest.raises(OperatorFault, match="came: no space left on device"):
        write_lines(full, (bytes(100_000) for _ in range(3)))


def test_folders_are_made_with_those_above_and_a_file_in_the_way_is_one_clear_line(tmp_path: Path) -> None:
    make_folder(tmp_path / "a" / "b")
    make_folder(tmp_path / "a" / "b")
    assert (tmp_path / "a" / "b").is_dir()
    (tmp_path / "file").write_bytes(b"")
    for wrong in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(OperatorFault, match="expected a folder for the output"):
            make_folder(wrong)

"""The key file: for its owner alone, whole or not at all."""

import os

import pytest

from watchword.crypto.keyring import Keyring, read_key_file, write_key_file
from watchword.crypto.tokens import Randomness
from watchword.foundation.errors import Misconfigured

RING = Keyring.create(Randomness())


@pytest.fixture
def path(tmp_path):
    return tmp_path / "watchword.key"


def test_a_key_file_reads_back_and_is_for_its_owner_alone(path):
    old = os.umask(0)
    try:
        write_key_file(path, RING)
    finally:
        os.umask(old)
    assert path.stat().st_mode & 0o777 == 0o600
    assert read_key_file(path).roots == RING.roots


def test_writing_again_replaces_and_leaves_nothing_beside(path):
    write_key_file(path, RING)
    write_key_file(path, RING.rotated(Randomness()))
    assert read_key_file(path).newest == 2
    assert [entry.name for entry in path.parent.iterdir()] == [path.name]


def test_a_new_one_never_takes_the_place_of_another(path):
    write_key_file(path, RING, only_new=True)
    with pytest.raises(FileExistsError):
        write_key_file(path, Keyring.create(Randomness()), only_new=True)
    assert read_key_file(path).roots == RING.roots
    assert [entry.name for entry in path.parent.iterdir()] == [path.name]


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o700, 0o644])
def test_a_file_others_could_read_is_refused_with_its_remedy(path, mode):
    write_key_file(path, RING)
    path.chmod(mode)
    with pytest.raises(Misconfigured, match="chmod 600"):
        read_key_file(path)


def test_a_read_only_file_is_fine(path):
    write_key_file(path, RING)
    path.chmod(0o400)
    assert read_key_file(path).newest == 1


def test_a_missing_file_is_refused(path):
    with pytest.raises(Misconfigured, match="can't be read"):
        read_key_file(path)


def test_a_file_of_another_user_is_refused(path, monkeypatch):
    write_key_file(path, RING)
    if os.geteuid() == 0:
        os.chown(path, 12345, -1)
    else:
        stranger = os.geteuid() + 1
        monkeypatch.setattr(os, "geteuid", lambda: stranger)
    with pytest.raises(Misconfigured, match="another user"):
        read_key_file(path)


def test_damage_is_refused_and_not_repeated(path):
    path.write_bytes(b"\xff secret-looking text")
    path.chmod(0o600)
    with pytest.raises(Misconfigured) as refused:
        read_key_file(path)
    assert "secret" not in str(refused.value)

"""A file is taken whole or refused with one line."""

from pathlib import Path

import msgspec
import pytest

from libs.config.load import ConfigRefusedError, load


class Peer(msgspec.Struct, frozen=True):
    """A struct that is not strict by itself."""

    address: str
    name: str = ""


class Settings(msgspec.Struct, frozen=True):
    """What the tests read."""

    listen: str
    key: Path
    pool_size: int = 10
    peers: dict[str, Peer] = {}
    hosts: list[Peer] = []


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "service.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_whole_file_becomes_a_struct_with_paths_from_its_folder(tmp_path: Path) -> None:
    path = written(
        tmp_path, 'listen = "a"\nkey = "tls/key.pem"\n[peers.keys]\naddress = "b"\n[[hosts]]\naddress = "c"\n'
    )
    assert load(path, Settings) == Settings("a", tmp_path / "tls/key.pem", peers={"keys": Peer("b")}, hosts=[Peer("c")])


def test_an_absolute_path_stays(tmp_path: Path) -> None:
    assert load(written(tmp_path, 'listen = "a"\nkey = "/x/y"\n'), Settings).key == Path("/x/y")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('listen = "a"\nkey = "k"\npoolsize = 3\n', "unknown key `poolsize`; expected one of: hosts, key, listen"),
        ('listen = "a"\nkey = "k"\n[peers.keys]\naddress = "b"\nnmae = "c"\n', "unknown key `peers.keys.nmae`"),
        ('listen = "a"\nkey = "k"\n[[hosts]]\naddress = "b"\nx = 1\n', "unknown key `hosts.0.x`"),
        ('listen = "a"\nkey = "k"\npool_size = "3"\n', "Expected `int`, got `str` - at `$.pool_size`"),
        ('listen = "a"\n', "missing required field `key`"),
        ('listen = "a"\nkey = 5\n', "Expected a path, got `int`"),
        ("listen = ", "is not TOML"),
    ],
)
def test_a_wrong_file_is_refused_with_one_line_naming_file_and_key(tmp_path: Path, text: str, said: str) -> None:
    path = written(tmp_path, text)
    with pytest.raises(ConfigRefusedError) as refused:
        load(path, Settings)
    line = str(refused.value)
    assert line.startswith(str(path))
    assert said in line
    assert "\n" not in line


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigRefusedError, match="cannot be read: No such file"):
        load(tmp_path / "none.toml", Settings)

"""samvern audit verify: what an honest portal shows, and what a dishonest one could."""

import json

from libs.cli.tests.conftest import World

EVENTS = [b"%032d" % number for number in range(400)]


def test_honest_logs_and_labels_are_verified_and_the_checkpoints_kept(world: World) -> None:
    assert "Alt stemmer." in world.ok("audit", "verify")
    world.serve_log("events", *EVENTS)
    finding = json.loads(world.ok("audit", "verify", "--json"))
    assert [(log["size"], log["kept_size"]) for log in finding["logs"]] == [(1, 1), (400, 300)]
    assert [label["tjeneste"] for label in finding["labels"]] == ["bergen"]


def test_a_log_that_was_rewritten_or_shrank_since_last_time_is_found(world: World) -> None:
    world.ok("audit", "verify")
    for entries in (EVENTS[:299], [b"x" * 32, *EVENTS[1:]]):
        world.serve_log("events", *entries)
        assert world.refused("audit", "verify").startswith("Kontrollen stemmer ikke. [PRECONDITION: ")


def test_a_changed_or_missing_file_is_found(world: World) -> None:
    path = "/log/events/tile/entries/001.p/44"
    content = world.portal.files.pop(path)
    assert "lacks a file" in world.refused("audit", "verify")
    world.portal.files[path] = content[:-1] + b"x"
    assert "PRECONDITION" in world.refused("audit", "verify")


def test_a_label_whose_certificate_is_not_in_the_key_log_is_found(world: World) -> None:
    world.serve_log("keys", world.key_entry("revoked"))
    assert "is not in the key log" in world.refused("audit", "verify")


def test_a_label_with_a_revoked_certificate_is_found(world: World) -> None:
    world.serve_log("keys", world.key_entry(), world.key_entry("revoked"))
    assert "is revoked" in world.refused("audit", "verify")


def test_a_line_of_the_key_log_that_cannot_be_read_is_found(world: World) -> None:
    world.serve_log("keys", world.key_entry(), b"not ours")
    assert "MALFORMED" in world.refused("audit", "verify")


def test_a_kept_checkpoint_that_was_tampered_with_is_not_believed(world: World) -> None:
    world.ok("audit", "verify")
    kept = world.layout.data / "sender" / "checkpoints" / "events"
    kept.write_text(kept.read_text().replace("\n300\n", "\n299\n"))
    assert "STATEMENT_REFUSED" in world.refused("audit", "verify")

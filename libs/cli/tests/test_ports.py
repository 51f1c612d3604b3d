"""Ports."""

import pytest

from libs.cli.failure import Failure
from libs.cli.ports import BLOCK_SIZE, PortBlock, is_free, listen, portal_port


def test_two_instances_never_share_a_block() -> None:
    first, second = PortBlock.take({}), PortBlock.take({})
    assert abs(first.ports["block"] - second.ports["block"]) >= BLOCK_SIZE
    first.release()
    second.release()


def test_a_name_keeps_its_port_from_one_start_to_the_next() -> None:
    first = PortBlock.take({})
    port = first.port("intake")
    first.release()
    second = PortBlock.take(first.ports)
    assert second.port("intake") == port
    second.release()


def test_a_port_that_was_taken_meanwhile_is_given_up() -> None:
    block = PortBlock.take({})
    port = block.port("intake")
    other = listen(port)
    assert block.port("intake") != port
    assert other is not None
    other.close()
    block.release()


def test_names_get_different_ports() -> None:
    block = PortBlock.take({})
    assert len({block.port(f"name-{number}") for number in range(40)}) == 40
    block.release()


def test_a_busy_portal_port_is_refused_with_what_to_do() -> None:
    block = PortBlock.take({})
    busy = block.port("busy")
    other = listen(busy)
    with pytest.raises(Failure, match=f"port {busy} is in use by another program; choose another with --port"):
        portal_port(busy, 8080, block)
    assert other is not None
    other.close()
    block.release()


def test_port_zero_takes_the_same_free_port_again() -> None:
    block = PortBlock.take({})
    port = portal_port(0, 8080, block)
    assert is_free(port)
    assert portal_port(0, 8080, block) == port
    block.release()


def test_the_portals_port_is_remembered() -> None:
    block = PortBlock.take({})
    port = block.port("some")
    assert portal_port(port, 8080, block) == port
    assert portal_port(None, 8080, block) == port
    block.release()

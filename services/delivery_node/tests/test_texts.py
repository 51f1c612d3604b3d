"""Every code that a page may have to put into words has words."""

from typing import get_args

from libs.errors import ALL
from services.delivery_node.counting import Finding
from services.delivery_node.facts import Act, State
from services.delivery_node.opening import Problem
from services.delivery_node.texts import Texts

TEXTS = Texts.load("nb")


def test_every_code_has_words() -> None:
    assert set(TEXTS.errors) == {kind("").reason_name for kind in ALL}
    assert set(TEXTS.states) == {each.value for each in State}
    assert set(TEXTS.findings) == {each.value for each in Finding}
    assert set(TEXTS.problems) == {each.value for each in Problem}
    assert set(TEXTS.acts) == set(get_args(Act))
    assert set(TEXTS.types) == {"privat", "offentlig"} == set(TEXTS.layouts) - {"skjult"}
    assert (len(TEXTS.weekdays), len(TEXTS.months)) == (7, 12)

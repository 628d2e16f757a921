"""The operators of extra specs, each met, not met, and where Nova itself would fail."""

from __future__ import annotations

import pytest

from mitate.analyze.placement.filters._operators import example, match

MET = """
    8:= 4  8:== 8  8:!= 4  8:>= 8  8:<= 8  8.0:== 8  b:s== b  b:s!= a  b:s< c  b:s<= b  b:s> a  b:s>= b
    abc:<in> b  abc:<all-in> a c  b:<or> a <or> b  b:b  :
"""
NOT_MET = """
    4:= 8  8:== 4  4:!= 4  7:>= 8  9:<= 8  b:s== a  b:s!= b  b:s< b  b:s<= a  b:s> b  b:s>= c  abc:<in> x
    abc:<all-in> a x  <or>:<or> a <or> b  b:<or> a  b:c  b:<in>  8:>=  b:s==
"""


def pairs(text: str) -> list[tuple[str, str]]:
    told = [each.strip("\n").partition(":") for each in text.replace("\n", "  ").split("  ")]
    return [(value.strip(), demanded) for value, colon, demanded in told if colon]


@pytest.mark.parametrize(("value", "demanded"), pairs(MET))
def test_met(value: str, demanded: str) -> None:
    assert match(value, demanded)


@pytest.mark.parametrize(("value", "demanded"), pairs(NOT_MET))
def test_not_met(value: str, demanded: str) -> None:
    assert not match(value, demanded)


@pytest.mark.parametrize(("value", "demanded"), [("b", ">= 8"), ("8", "== b"), ("b", "<or>"), ("", "= 1")])
def test_nova_would_fail(value: str, demanded: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        match(value, demanded)


@pytest.mark.parametrize("demanded", [demanded for _, demanded in pairs(MET) if demanded])
def test_an_example_meets_it(demanded: str) -> None:
    value = example(demanded)
    assert value is None or match(value, demanded)

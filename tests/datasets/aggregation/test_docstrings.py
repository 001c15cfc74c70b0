"""The examples in the docstrings give what they say."""

import doctest
import importlib
import pkgutil

import pytest

from datasets import aggregation

MODULES = [module.name for module in pkgutil.iter_modules(aggregation.__path__)]


@pytest.mark.parametrize("name", MODULES)
def test_examples(name):
    module = importlib.import_module(f"datasets.aggregation.{name}")
    assert doctest.testmod(module).failed == 0


def test_there_are_examples():
    counts = [doctest.testmod(importlib.import_module(f"datasets.aggregation.{name}")).attempted for name in MODULES]
    assert sum(counts) > 40

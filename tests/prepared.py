"""Loaded by pytest before anything else of ours (`addopts` in pyproject.toml), because reading settings fixes them.

A process of pytest-xdist inherits the environment of the one that started it, settings module included, and
pytest-django reads settings before it reads any conftest: prepared later, all processes would share one folder.
"""

from tests import environment

scratch = environment.prepare()


def pytest_unconfigure() -> None:
    scratch.cleanup()

"""Trueup: live billing moved from one system to another, and proven to the cent."""

from importlib.metadata import version

__version__ = version("trueup")

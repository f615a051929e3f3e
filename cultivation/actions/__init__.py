"""Writes of cultivation. Each act asks the permission first and leaves one audit row."""

from cultivation.actions.judging import EditionChanged, Evaluated, evaluate, forget_looks, load_editions

__all__ = ["EditionChanged", "Evaluated", "evaluate", "forget_looks", "load_editions"]

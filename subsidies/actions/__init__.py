from subsidies.actions.books import BookResult, drop_book, keep_book, take_book
from subsidies.actions.history import RECORD, Recorded, record_history

__all__ = ["RECORD", "BookResult", "Recorded", "drop_book", "keep_book", "record_history", "take_book"]

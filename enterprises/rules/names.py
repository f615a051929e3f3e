"""Search keys of a name: the matching form, pinyin for the Chinese order, initials for quick search."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import NamedTuple

# Here and not where it is used: its tables take a tenth of a second, which no import shall wait for.
from pypinyin import Style, lazy_pinyin, pinyin
from pypinyin.constants import PINYIN_DICT

from enterprises.rules.text import key

#: characters whose usual reading depends on their neighbours; names with one are read by phrase
_BY_PHRASE = re.compile("[长重行乐朝都单盛车厦参调宿藏传曲降解尉曾仇区查折大会和角率弹省石系朴娜什万]")
_MOST_REMEMBERED = 20_000


class NameKeys(NamedTuple):
    name_key: str
    pinyin: str
    initials: str


class _Readings(dict[str, str]):
    """Character → its reading, remembered."""

    def __missing__(self, character: str) -> str:
        reading = _reading(character)
        if len(self) < _MOST_REMEMBERED:
            self[character] = reading
        return reading


_READINGS = _Readings()


def _reading(character: str) -> str:
    if character.isascii():
        return character if character.isalnum() else ""
    if unicodedata.category(character)[0] not in "LN":
        return ""
    if ord(character) not in PINYIN_DICT:
        return character
    return pinyin(character, style=Style.NORMAL, errors="ignore")[0][0]


@lru_cache(maxsize=65_536)
def _in_context(before: str, character: str, after: str) -> str:
    """The reading of a character between its neighbours: a whole name costs fifty times as much."""
    # What has no reading stays as it is, one by one, so that positions hold.
    readings = lazy_pinyin(before + character + after, errors=list)  # type: ignore[arg-type]
    return str(readings[len(before)])


def name_keys(name: str) -> NameKeys:
    """Keys of an enterprise's name. Rare characters without a known reading stay as they are."""
    flat = key(name)
    readings = [_READINGS[character] for character in flat]
    for found in _BY_PHRASE.finditer(flat):
        at = found.start()
        readings[at] = _in_context(flat[at - 1 : at] if at else "", found[0], flat[at + 1 : at + 2])
    read = [reading for reading in readings if reading]
    return NameKeys(flat, " ".join(read)[:600], "".join([reading[0] for reading in read])[:120])

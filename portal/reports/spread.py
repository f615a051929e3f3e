"""Justified Chinese lines: the rest of a line is spread between its characters, not over its few blanks.

WeasyPrint widens blanks alone (its own source calls for a better algorithm), which tears holes around the
numbers of a Chinese sentence. This replaces that one step; a line without Chinese is left to WeasyPrint.
"""

from __future__ import annotations

import re
from typing import Any

from weasyprint.formatting_structure import boxes
from weasyprint.layout import inline
from weasyprint.text.line_break import create_layout

_CHINESE = re.compile(r"[\u3000-\u303f\u3400-\u9fff\uff00-\uffef\U00020000-\U000323af]")
_widen_blanks = inline.justify_line


def install() -> None:
    inline.justify_line = justify_line


def justify_line(context: Any, line: Any, extra_width: float) -> None:
    texts = list(_texts(line))
    count = sum(len(box.text) for box in texts)
    if count < 2 or extra_width <= 0 or not any(_CHINESE.search(box.text) for box in texts):
        _widen_blanks(context, line, extra_width)
        return
    _spread(context, line, extra_width / (count - 1), 0.0)


def _texts(box: Any) -> Any:
    if isinstance(box, boxes.TextBox):
        yield box
    elif isinstance(box, boxes.LineBox | boxes.InlineBox):
        for child in box.children:
            yield from _texts(child)


def _spread(context: Any, box: Any, gap: float, advance: float) -> float:
    if isinstance(box, boxes.TextBox):
        box.position_x += advance
        style = box.style.copy()
        own = style["letter_spacing"]
        style["letter_spacing"] = gap + (0 if own == "normal" else own)
        box.style = style
        layout = create_layout(box.text, style, context, max_width=None, justification_spacing=0)
        layout.deactivate()
        box.pango_layout = layout
        added = gap * len(box.text)
        box.width += added
        return advance + added
    if isinstance(box, boxes.LineBox | boxes.InlineBox):
        before = advance
        box.position_x += advance
        for child in box.children:
            if child.is_in_normal_flow():
                advance = _spread(context, child, gap, advance)
        box.width += advance - before
        return advance
    box.translate(advance, 0)
    return advance

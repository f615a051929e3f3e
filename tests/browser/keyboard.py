"""An officer without a mouse: Tab, Enter, the space bar, arrows and typed text, nothing else.

Every stop on the way is looked at: the focus has an outline, and something of it is in view.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, NamedTuple

# The name is read as a screen reader would: label of its own, then its labels, then its text.
_STOP = """() => {
  const e = document.activeElement;
  if (!e || e === document.body || e === document.documentElement) { return null; }
  const by = (e.getAttribute('aria-labelledby') || '').split(' ').filter(Boolean).map(i => document.getElementById(i));
  const named = e.getAttribute('aria-label') || by.map(x => x.innerText).join(' ')
    || (e.labels && [...e.labels].map(l => l.innerText).join(' ')) || e.innerText || '';
  const box = e.getBoundingClientRect(), style = getComputedStyle(e);
  const dots = [[.5, .5], [.05, .2], [.95, .2], [.05, .8], [.95, .8]];
  const seen = dots.some(([x, y]) => {
    const top = document.elementFromPoint(box.left + box.width * x, box.top + box.height * y);
    return top && (e.contains(top) || top.contains(e) && getComputedStyle(top).position !== 'sticky');
  });
  return {
    name: named.replace(/\\s+/g, ' ').trim(), tag: e.tagName.toLowerCase(), type: e.type || '',
    outlined: style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 1, seen: seen,
    nth: [...document.querySelectorAll('*')].indexOf(e),
  };
}"""


class Stop(NamedTuple):
    name: str
    tag: str
    type: str
    outlined: bool
    seen: bool
    nth: int


class Keyboard:
    """`page` may be looked at and waited for, but is only ever acted upon by its keyboard."""

    def __init__(self, page: Any) -> None:
        self.page = page

    def stop(self) -> Stop | None:
        found = self.page.evaluate(_STOP)
        return Stop(**found) if found else None

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def tab(self, key: str = "Tab") -> Stop | None:
        """One step; the skip link slides into view, everything else must be visible at once."""
        self.press(key)
        here = self.stop()
        if here is not None:
            assert here.outlined, f"no outline: {here}"
            assert here.seen, f"the focus is hidden: {here}"
        return here

    def reach(self, name: str, tag: str = "", *, key: str = "Tab", most: int = 250) -> Stop:
        """Tabs on to what bears the name: the whole of it, or the beginning where it ends with “…”."""
        visited = []
        for _ in range(most):
            here = self.tab(key)
            if here is None:
                continue
            visited.append(here.name)
            if tag and here.tag != tag:
                continue
            if here.name == name or (name.endswith("…") and here.name.startswith(name[:-1])):
                return here
        raise AssertionError(f"{name} is not reached: {visited}")

    def content(self) -> None:
        """To the page's content by the skip link, the first stop of a fresh page; else on from where one is."""
        if self.stop() is not None or "#" in self.page.url:
            return
        self.press("Tab")
        here = self.stop()
        assert here is not None and here.name == "跳到正文", here
        self.press("Enter")
        assert self.page.evaluate("document.activeElement.id") == "main"

    def open(self, name: str, tag: str = "", *, at: str = "", **more: Any) -> None:
        """Reaches a link or button, presses Enter, and waits for the page that follows."""
        self.reach(name, tag, **more)
        with self.page.expect_navigation(wait_until="load", timeout=60_000):
            self.press("Enter")
        if at:
            try:
                self.page.wait_for_url(
                    lambda url: re.search(at, url.partition("#")[0]) is not None,
                    wait_until="load",
                    timeout=30_000,
                )
            except Exception as error:
                raise AssertionError(f"{self.page.url}: {self.page.inner_text('main')}") from error

    def type(self, text: str) -> None:
        self.press("Control+a")
        self.page.keyboard.type(text)

    def download(self, name: str, to: Path) -> Path:
        self.reach(name)
        with self.page.expect_download() as download:
            self.press("Enter")
        assert download.value.suggested_filename.endswith(".xlsx")
        download.value.save_as(to)
        return to

    def round_trip(self) -> list[str]:
        """Through the whole page and out of it again: nothing holds the focus. What was passed, in order."""
        passed: list[Stop] = []
        for _ in range(400):
            here = self.tab()
            if here is None or (passed and here.nth == passed[0].nth):
                break
            # A date has three parts, each a stop of its own.
            held = [s.nth for s in passed[-4:]]
            assert held != [here.nth] * 4, f"a trap: {here}"
            passed.append(here)
        else:
            raise AssertionError("the page has no end")
        return [stop.name for stop in passed]


def put_file(page: Any, path: Path) -> None:
    """The operating system's own chooser is not the page's: the file is handed to the field in focus."""
    assert page.evaluate("document.activeElement.type") == "file"
    page.set_input_files("#file", str(path))

"""How grave a finding is: an error keeps its row out, a warning informs."""

from typing import Literal

Severity = Literal["error", "warning"]

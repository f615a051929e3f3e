"""Entry of the bin/ scripts, started by path.

`python -m portal.embedded` would import the Celery application of the package `portal` first, a third
of a second at each call; so the package is loaded here under a name of its own.
"""

import importlib
import importlib.util
import sys
from pathlib import Path

PACKAGE = "tidu_embedded"


def load() -> None:
    here = Path(__file__).resolve().parent
    spec = importlib.util.spec_from_file_location(
        PACKAGE, here / "__init__.py", submodule_search_locations=[str(here)]
    )
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[PACKAGE] = module
    spec.loader.exec_module(module)


if __name__ == "__main__":
    load()
    sys.exit(importlib.import_module(f"{PACKAGE}.cli").main(sys.argv[1:]))

"""Static files with hashed names, without source maps: compressing those takes longer than all else."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from django.conf import settings
from whitenoise.storage import CompressedManifestStaticFilesStorage


class AssetsStorage(CompressedManifestStaticFilesStorage):
    # Without the patterns that follow sourceMappingURL the maps need not exist.
    patterns = tuple(
        (glob, tuple(p for p in rules if "sourceMappingURL" not in (p if isinstance(p, str) else p[0])))
        for glob, rules in CompressedManifestStaticFilesStorage.patterns
    )

    def compress_files(self, paths: Iterable[str]) -> Iterator[tuple[str, str]]:
        """The demo serves this machine alone, where compressing costs more than it saves."""
        return iter(()) if settings.DEMO else super().compress_files(paths)

    def post_process(self, paths: dict[str, Any], dry_run: bool = False, **options: Any) -> Any:
        kept = {name: found for name, found in paths.items() if not name.endswith(".map")}
        yield from super().post_process(kept, dry_run, **options)

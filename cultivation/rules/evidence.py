"""What may be attached to an application as evidence (佐证材料): known by its content, not by its name."""

from __future__ import annotations

from types import MappingProxyType

MOST_BYTES = 20 * 1024 * 1024
#: files of one application
MOST_FILES = 200
_HEAD = 4096

#: how the content begins → media type
_BEGINS: tuple[tuple[bytes, str], ...] = (
    (b"%PDF-", "application/pdf"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
)
#: archives by their suffix; they are only kept and given out again, never opened here
_ARCHIVES = MappingProxyType(
    {
        "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "ofd": "application/ofd",
    }
)
SUFFIXES = MappingProxyType(
    {
        "application/pdf": ("pdf",),
        "image/jpeg": ("jpg", "jpeg"),
        "image/png": ("png",),
        **{media: (suffix,) for suffix, media in _ARCHIVES.items()},
    }
)


def media_type(name: str, head: bytes) -> str:
    """The media type of a file, or empty where it is none that is taken or its name says another."""
    suffix = name.rpartition(".")[2].lower()
    found = next((media for begins, media in _BEGINS if head[:_HEAD].startswith(begins)), "")
    if not found and head.startswith(b"PK\x03\x04"):
        found = _ARCHIVES.get(suffix, "")
    return found if found and suffix in SUFFIXES[found] else ""

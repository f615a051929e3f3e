"""Keys that live outside the database: the signer of audit heads, and the keys of personal fields."""

from __future__ import annotations

import os
import threading
from functools import cache
from pathlib import Path

from cryptography.fernet import Fernet
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings


def _once(path: Path, content: bytes) -> bytes:
    """The file's content; made with mode 0600 where it is missing, also when two make it at once."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        draft = path.with_name(f"{path.name}.{os.getpid()}.{threading.get_ident()}")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_bytes()


@cache
def _signer(root: str) -> Ed25519PrivateKey:
    raw = _once(
        Path(root) / "audit.key",
        Ed25519PrivateKey.generate().private_bytes(
            serialization.Encoding.Raw, serialization.PrivateFormat.Raw, serialization.NoEncryption()
        ),
    )
    return Ed25519PrivateKey.from_private_bytes(raw)


def sign(message: str) -> str:
    return _signer(str(settings.KEYS_ROOT)).sign(message.encode()).hex()


def public_key() -> str:
    """What anybody can verify the signatures with, in hex."""
    key = _signer(str(settings.KEYS_ROOT)).public_key()
    return key.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw).hex()


def signature_holds(message: str, signature: str) -> bool:
    try:
        _signer(str(settings.KEYS_ROOT)).public_key().verify(bytes.fromhex(signature), message.encode())
    except Exception:
        return False
    return True


def _personal_path(region_path: str, year: int) -> Path:
    return Path(settings.KEYS_ROOT) / "personal" / f"{region_path.strip('/').replace('/', '-')}.{year}.key"


def encrypt_personal(text: str, region_path: str, year: int) -> str:
    """Encrypts under the region's key of the year; destroying the key file makes it unreadable."""
    key = _once(_personal_path(region_path, year), Fernet.generate_key())
    return Fernet(key).encrypt(text.encode()).decode()


def decrypt_personal(token: str, region_path: str, year: int) -> str | None:
    """The text, or None once the key has been destroyed."""
    path = _personal_path(region_path, year)
    if not path.exists():
        return None
    return Fernet(path.read_bytes()).decrypt(token.encode()).decode()

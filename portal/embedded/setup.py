"""Makes the virtual environment and looks for the system libraries.

Runs by path under the system's bare Python, before anything is installed, so it imports the standard
library alone. Everything it says goes to stderr: the commands behind it own stdout.
"""

import ctypes
import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
VENV = ROOT / ".venv"
LOCKS = {"run": ROOT / "requirements.lock", "test": ROOT / "requirements-test.lock"}
# WeasyPrint is silent about the last two: without them reports are slow, or full of boxes.
LIBRARIES = {
    "libpango-1.0.so.0": "libpango-1.0-0",
    "libpangoft2-1.0.so.0": "libpangoft2-1.0-0",
    "libharfbuzz-subset.so.0": "libharfbuzz-subset0",
}
FONT_PACKAGE = "fonts-noto-cjk"
FONT_FILES = ("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",)
DISK_FULL = "free some space, or set TIDU_HOME to another disk."
#: without these the browser tests alone are skipped
OPTIONAL = {"chromium", "libatomic1"}
BROWSERS = ("chromium", "chromium-browser", "google-chrome")


class Stop(Exception):
    """One sentence that says what is in the way and what to do about it."""


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def main(kind: str) -> int:
    """Bring the environment of `kind` (run or test) up to date; cheap when it already is."""
    try:
        # The cheap stop comes first: without rights nobody waits for an installation in vain.
        install_missing_packages(kind)
        if not environment_is_ready(kind):
            with alone():
                if not environment_is_ready(kind):
                    make_environment(kind)
    except Stop as stop:
        say(str(stop))
        return 1
    except KeyboardInterrupt:
        say("Interrupted. The next call goes on from here.")
        return 130
    return 0


# --- virtual environment -----------------------------------------------------------------------------


def marker(kind: str) -> Path:
    return VENV / f"tidu-{kind}.sha256"


def fingerprint(kind: str) -> str:
    return hashlib.sha256(LOCKS[kind].read_bytes()).hexdigest()


def environment_is_ready(kind: str) -> bool:
    try:
        return marker(kind).read_text() == fingerprint(kind) and os.access(VENV / "bin" / "python", os.X_OK)
    except FileNotFoundError:
        return False


@contextmanager
def alone() -> Iterator[None]:
    """Hold the lock of the environment: two first calls at once must not install into each other."""
    with LOCKS["run"].open("rb") as handle:
        waited = 0.0
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if waited == 0:
                    say("Another call is setting up .venv; waiting for it …")
                if waited > 1800:
                    raise Stop(
                        "Another call has been setting up .venv for half an hour: stop it first."
                    ) from None
                time.sleep(0.2)
                waited += 0.2
        yield


def make_environment(kind: str) -> None:
    """Install the lock file into .venv, starting anew where an earlier attempt broke off half-way."""
    place = VENV if VENV.exists() else ROOT
    if not os.access(place, os.W_OK):
        raise Stop(
            f"{place} is not writable for {user_name()}: clone the project into a folder of your own "
            "and run it there."
        )
    begun = VENV / "tidu-begun"
    python = VENV / "bin" / "python"
    if begun.exists() or not answers([str(python), "-m", "pip", "--version"]):
        say("Making the virtual environment .venv …")
        run(
            [sys.executable, "-m", "venv", "--clear", str(VENV)],
            "The virtual environment cannot be made",
            VENV_HELP,
        )
    begun.touch()
    for other in LOCKS:
        marker(other).unlink(missing_ok=True)
    say(f"Installing {LOCKS[kind].name} into .venv (a few minutes the first time) …")
    pip = [str(python), "-m", "pip", "install", "--disable-pip-version-check", "--no-input", "--quiet"]
    if os.geteuid() == 0:
        pip.append("--root-user-action=ignore")
    run(
        [*pip, "--require-hashes", "-r", str(LOCKS[kind])],
        "The Python packages cannot be installed",
        PIP_HELP,
    )
    marker(kind).write_text(fingerprint(kind))
    if kind == "test":
        marker("run").write_text(fingerprint("run"))
    begun.unlink()


VENV_HELP = "Type: sudo apt-get install -y python3-venv, then try again."
PIP_HELP = (
    "Look at the message above: mostly the network, a full disk, or a package index that lacks the file."
)


def answers(command: list[str]) -> bool:
    try:
        return subprocess.run(command, capture_output=True, timeout=60).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def run(command: list[str], failed: str, help_text: str) -> None:
    """Run a step whose output belongs on stderr; a failure becomes one sentence."""
    try:
        # An activated or surrounding environment must not leak into ours.
        env = {k: v for k, v in os.environ.items() if k not in {"PYTHONHOME", "PYTHONPATH", "VIRTUAL_ENV"}}
        status = subprocess.run(
            command, stdout=sys.stderr, stdin=subprocess.DEVNULL, env=env, cwd=ROOT
        ).returncode
    except OSError as error:
        raise Stop(f"{failed}: {error}. {help_text}") from error
    if status:
        full = " The disk is full." if shutil.disk_usage(ROOT).free < 50_000_000 else ""
        raise Stop(f"{failed} (exit status {status}).{full} {help_text}")


# --- system packages -----------------------------------------------------------------------------------


def missing_packages(kind: str) -> list[str]:
    """The Debian packages whose files are not on this machine, asked of the loader and the disk."""
    found = [package for library, package in LIBRARIES.items() if not loads(library)]
    if not has_chinese_font():
        found.append(FONT_PACKAGE)
    if kind == "test":
        if not shutil.which("pdftotext"):
            found.append("poppler-utils")
        found += missing_for_the_browser()
    return found


def missing_for_the_browser() -> list[str]:
    """What the browser tests lack here: Chromium, and a library of the program that drives it."""
    found = [] if any(shutil.which(name) for name in BROWSERS) else ["chromium"]
    return found if loads("libatomic.so.1") else [*found, "libatomic1"]


def loads(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def has_chinese_font() -> bool:
    if any(Path(path).exists() for path in FONT_FILES):
        return True
    try:
        listed = subprocess.run(["fc-list", ":lang=zh-cn", "family"], capture_output=True, timeout=60)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return bool(listed.stdout.strip())


def install_missing_packages(kind: str) -> None:
    """Install by apt where it may, otherwise stop with the command; Chromium alone may stay away."""
    packages = missing_packages(kind)
    if not packages:
        return
    prefix = rights()
    command = f"apt-get install -y --no-install-recommends {' '.join(packages)}"
    if prefix is None:
        if set(packages) <= OPTIONAL:
            say(f"The browser tests will be skipped. To run them, type: sudo {command}")
            return
        raise Stop(
            f"System packages are missing and may not be installed by {user_name()}. Type: sudo {command}"
        )
    say(f"Installing system packages: {' '.join(packages)} …")
    options = ["-qq", "-o", "DPkg::Lock::Timeout=600"]
    env = [*prefix, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", *options]
    subprocess.run([*env, "update"], stdout=sys.stderr, stdin=subprocess.DEVNULL)
    install = [*env, "install", "-y", "--no-install-recommends"]
    wanted = [name for name in packages if name not in OPTIONAL]
    extra = [name for name in packages if name in OPTIONAL]
    if wanted and subprocess.run([*install, *wanted], stdout=sys.stderr, stdin=subprocess.DEVNULL).returncode:
        raise Stop(f"apt-get could not install the system packages: see above, then type: sudo {command}")
    if extra:
        browser = subprocess.run([*install, *extra], stdout=sys.stderr, stdin=subprocess.DEVNULL)
        if browser.returncode:
            say("Chromium could not be installed (see above): the browser tests will be skipped.")
    left = [name for name in missing_packages(kind) if name not in OPTIONAL]
    if left:
        raise Stop(f"Still missing after apt-get: {' '.join(left)}. Type: sudo {command}")


def rights() -> list[str] | None:
    """The prefix with which apt-get may be called here, or None."""
    if not shutil.which("apt-get"):
        return None
    if os.geteuid() == 0:
        return []
    if shutil.which("sudo") and answers(["sudo", "-n", "true"]):
        return ["sudo", "-n"]
    return None


def user_name() -> str:
    import pwd

    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return str(os.geteuid())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else "run"))

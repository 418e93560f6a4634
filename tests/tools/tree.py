"""What must not stand in the repository: hosts of package registries, third-party files, paths of one machine.

`python -m tests.tools.tree` prints the faults of this checkout and ends with 1 when there are any.
"""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

#: Package registries and code networks, in two parts so that this file doesn't name them itself. Where packages come
#: from is the business of the machine that installs them, not of the repository.
REGISTRIES = (
    ("pypi", "org"),
    ("pythonhosted", "org"),
    ("npmjs", "org"),
    ("npmjs", "com"),
    ("yarnpkg", "com"),
    ("anaconda", "org"),
    ("crates", "io"),
    ("rubygems", "org"),
    ("unpkg", "com"),
    ("jsdelivr", "net"),
    ("deb.debian", "org"),
    ("archive.ubuntu", "com"),
)
HOST = re.compile("|".join(re.escape(".".join(parts)) for parts in REGISTRIES), re.IGNORECASE)
#: What a lock file says when it names a place instead of a version and hashes.
PLACE = re.compile(r"://|--(?:extra-)?index-url|--find-links|\bfile:|@ ?git\+")
#: Front-end code, fonts and packages come out of wheels, pinned with the rest.
THIRD_PARTY = re.compile(
    r"(\.min\.(js|css)|\.(woff2?|ttf|otf|eot|whl|jar|so|dylib|dll|exe))$"
    r"|(^|/)(node_modules|vendor|third_party)/"
    r"|(^|/)(htmx|jquery|bootstrap|alpine|chart|axe)[^/]*\.js$",
    re.IGNORECASE,
)
HOME = re.compile(r"(?<![\w./])/(?:home|Users|root)/[\w-]+/")
LARGEST = 1_500_000


def tracked_files(root: Path) -> list[Path]:
    """Return the files that are in the repository or would be added to it; without git all but the usual folders."""
    command = ["git", "-C", str(root), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, capture_output=True, text=True, check=False)
    if listed.returncode == 0:
        names = [name for name in listed.stdout.split("\0") if name]
    else:
        every = (file.relative_to(root) for file in root.rglob("*") if file.is_file())
        names = [str(name) for name in every if not {".git", ".venv", "var", "__pycache__"} & set(name.parts)]
    return [root / name for name in sorted(names) if (root / name).is_file()]


def faults(root: Path) -> list[str]:
    """Return a sentence for each fault in the tree at `root`."""
    return [fault for file in tracked_files(root) for fault in _faults_of(file, str(file.relative_to(root)))]


def _faults_of(file: Path, name: str) -> Iterator[str]:
    if THIRD_PARTY.search(name):
        yield f"{name}: third-party or built files don't belong here; take them out of a pinned wheel."
    if file.stat().st_size > LARGEST:
        yield f"{name}: larger than {LARGEST:,} bytes."
    text = _text(file)
    is_lock = name.startswith("requirements/") and name.endswith(".txt")
    for number, line in enumerate(text.splitlines(), 1):
        for pattern, rule in _rules(is_lock=is_lock):
            if found := pattern.search(line):
                yield f"{name}:{number}: {rule}: {found.group()}"


def _rules(*, is_lock: bool) -> Iterator[tuple[re.Pattern[str], str]]:
    yield HOST, "names the host of a package registry"
    yield HOME, "names a folder of one machine"
    if is_lock:
        yield PLACE, "a lock file names a place"


def _text(file: Path) -> str:
    content = file.read_bytes()
    return "" if b"\0" in content[:4000] else content.decode("utf-8", errors="replace")


if __name__ == "__main__":
    found = faults(ROOT)
    sys.stdout.writelines(f"{fault}\n" for fault in found)
    sys.exit(bool(found))

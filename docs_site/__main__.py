"""
Build the site: stage the pages, write the generated ones, let zensical render them with every link checked.

usage: python -m docs_site [--output FOLDER] [--without-diagrams]
"""

import argparse
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from . import grid, navigation, rest

HERE: Final = Path(__file__).parent
ROOT: Final = HERE.parent
MERMAID: Final = "mermaid@12.3.0"  # the version that the theme of the pinned zensical speaks to
_LIBRARY: Final = "package/dist/mermaid.min.js"


def main() -> None:
    """Build, or end with one sentence that says what is in the way."""
    options = argparse.ArgumentParser(prog="python -m docs_site", description=__doc__)
    options.add_argument("--output", type=Path, default=ROOT / "build/site", help="where the site goes")
    options.add_argument("--without-diagrams", action="store_true", help="do not fetch the library that draws them")
    given = options.parse_args()
    with tempfile.TemporaryDirectory(prefix="scaicontrol-docs-") as folder:
        site = build(Path(folder), rest.description())
        if not given.without_diagrams:
            _diagrams(site / "assets/mermaid.min.js")
        _publish(site, given.output)
    print(f"The documentation stands in {given.output}/index.html")  # noqa: T201  the one line this program is run for


def build(folder: Path, schema: Mapping[str, Any]) -> Path:
    """Render the site into a folder of its own; raise SystemExit with what zensical found when a link is broken."""
    if find_spec("zensical") is None:
        raise SystemExit("zensical, which makes the site, is not installed: run make docs, which installs it.")
    pages = folder / "pages"
    shutil.copytree(ROOT / "docs", pages, ignore=shutil.ignore_patterns("*.toml"))
    shutil.copytree(HERE / "assets", pages / "assets", dirs_exist_ok=True)
    (pages / "grid.md").write_text(grid.as_markdown(), "utf-8")
    found = navigation.build(pages, rest.write(pages / "rest", schema))
    config = (HERE / "zensical.toml").read_text("utf-8").replace("[project]\n", f"[project]\nnav = {_toml(found)}\n", 1)
    (folder / "zensical.toml").write_text(config, "utf-8")
    command = [sys.executable, "-m", "zensical", "build", "--strict"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)  # noqa: S603  this interpreter
    if done.returncode:
        raise SystemExit(f"The documentation does not build:\n{done.stdout}{done.stderr}")
    return folder / "site"


def _toml(value: Any) -> str:
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{_toml(key)} = {_toml(each)}" for key, each in value.items()) + " }"
    return "[" + ", ".join(_toml(each) for each in value) + "]"


def _diagrams(target: Path) -> None:
    """Put the library beside the pages, from the npm package; without npm diagrams stay text."""
    npm = shutil.which("npm")
    if npm is None:
        print("Diagrams are shown as text: there is no npm on this machine to fetch mermaid with.", file=sys.stderr)  # noqa: T201  a build tells what it does
        return
    with tempfile.TemporaryDirectory(prefix="scaicontrol-mermaid-") as folder:
        done = subprocess.run(  # noqa: S603  npm, found above
            [npm, "pack", "--silent", MERMAID], cwd=folder, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise SystemExit(f"npm could not fetch {MERMAID}; run again, or use --without-diagrams.\n{done.stderr}")
        with tarfile.open(next(Path(folder).glob("*.tgz"))) as archive:
            library = archive.extractfile(_LIBRARY)
            if library is None:
                raise SystemExit(f"{MERMAID} no longer has {_LIBRARY}.")
            target.write_bytes(library.read())


def _publish(site: Path, output: Path) -> None:
    """Put the site in place whole; two builds at once leave one of them."""
    output.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=output.parent, prefix=f".{output.name}-") as beside:
        shutil.copytree(site, Path(beside) / "new")
        if output.exists():
            output.rename(Path(beside) / "old")
        (Path(beside) / "new").rename(output)


if __name__ == "__main__":
    main()

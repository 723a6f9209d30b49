"""Apps with migration files, made up for one test."""

from __future__ import annotations

import importlib
import sys
import textwrap
from pathlib import Path

HEAD = "from storage import migrations\nfrom tests.storage.evolution import deeds\n\n\n"


class Project:
    """Packages in a folder of their own that can be imported while a test runs."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.apps: list[str] = []

    def write(
        self, label: str, operations: str, *, builds_on: tuple[str, ...] = (), body: str = ""
    ) -> Path:
        """The migration `label`, such as `shop.0001_initial`; a file there is replaced."""
        app, _, name = label.partition(".")
        if app not in self.apps:
            self.apps.append(app)
        folder = self.folder / app / "migrations"
        folder.mkdir(parents=True, exist_ok=True)
        for package in (folder, folder.parent):
            (package / "__init__.py").touch()
        dependencies = [tuple(one.split(".", 1)) for one in builds_on]
        text = (
            f"class Migration(migrations.Migration):\n"
            f"    dependencies = {dependencies!r}\n"
            f"    operations = [{operations}]\n"
        )
        path = folder / f"{name}.py"
        path.write_text(HEAD + textwrap.dedent(body) + text, encoding="utf-8")
        self.forget()
        return path

    def forget(self) -> None:
        """The next import reads the files anew."""
        importlib.invalidate_caches()
        for name in list(sys.modules):
            if name.partition(".")[0] in self.apps:
                del sys.modules[name]
        for compiled in self.folder.rglob("__pycache__"):
            for file in compiled.iterdir():
                file.unlink()

"""The reference datasets of the folder ``data`` go into the package as ``permsym/_data``; everything else is in pyproject.toml."""

from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py


class BuildWithData(build_py):
    """Copies the datasets; an editable installation finds them in the folder itself."""

    def run(self) -> None:
        """Build, then copy."""
        super().run()
        if not self.editable_mode:
            target = Path(self.build_lib) / "permsym" / "_data"
            self.mkpath(str(target))
            for path in sorted(path for path in Path("data").rglob("*") if path.is_file() and path.suffix != ".py"):
                beside = target / path.relative_to("data")
                self.mkpath(str(beside.parent))
                self.copy_file(str(path), str(beside))


setup(cmdclass={"build_py": BuildWithData})

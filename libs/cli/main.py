"""The samvern command. Each command is a module of its own in libs/cli/commands, imported only when it is used: a
command that starts in a fifth of a second is used more often."""

import importlib
import pkgutil
import tomllib
from pathlib import Path

import click

from libs.cli import commands

ROOT = Path(__file__).resolve().parent.parent.parent


class Commands(click.Group):
    """Finds commands by the name of their module (`_` stands for `-`)."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Every command there is."""
        return sorted(module.name.replace("_", "-") for module in pkgutil.iter_modules(commands.__path__)
                      if not module.name.startswith("_") and not module.ispkg)  # fmt: skip

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command, or None when there is none of that name."""
        if cmd_name not in self.list_commands(ctx):
            return None
        command = importlib.import_module(f"{commands.__name__}.{cmd_name.replace('-', '_')}").command
        assert isinstance(command, click.Command)  # Every command module exports one.
        return command


def version() -> str:
    """The version of this tree."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    return str(project["project"]["version"])


@click.command(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(version(), prog_name="samvern")
def samvern() -> None:
    """Carries a report of concern about a child, sealed, to the one barnevernstjeneste that must act.

    Begin with `./samvern up`. Every command has --json for programs. Exit codes: 0 done, 1 refused or failed, 2 wrong
    usage, 3 nothing runs here.
    """


def main() -> None:
    """Run the command that the arguments name."""
    samvern(prog_name="samvern")


if __name__ == "__main__":
    main()

"""The two options every command has."""

import os
from pathlib import Path

import click


def default_data_dir() -> Path:
    """Where an instance lies unless --data says otherwise: the user's state folder (XDG base directories)."""
    state_home = os.environ.get("XDG_STATE_HOME")
    return Path(state_home or Path.home() / ".local" / "state") / "samvern"


data_option = click.option(
    "--data",
    type=click.Path(file_okay=False, path_type=Path),
    default=default_data_dir,
    show_default="~/.local/state/samvern",
    help="The folder of the instance.",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON on stdout, for programs.")

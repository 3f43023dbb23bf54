"""`publisher init`: makes a new site, with the starter configuration, its JSON Schema and sample content.

Templates are copied only on request. A copy replaces the shipped template for good, so an unedited copy would miss
every later fix, and fail once the program passes other values to it.
"""

import json
import shlex
import shutil
from contextlib import suppress
from pathlib import Path

import click

from publisher.cli.output import print_line
from publisher.config import schema
from publisher.config.starter import starter
from publisher.model.errors import FilesError, UsageError
from publisher.rendering.template_files import PACKAGE, shipped_templates

CONFIG, CONTENT, TEMPLATES = "config.toml", "content", "templates"
PARTS = (CONFIG, schema.FILE, CONTENT, TEMPLATES)
README = """Files in this folder win over the templates that come with publisher, one by one.
It is empty at first: what is not here follows every upgrade.
`publisher init --templates` in the site's folder copies all of them here; keep those you change, delete the others.
"""


@click.command()
@click.argument("directory", type=Path, default=Path())
@click.option("--templates", is_flag=True, help="Copy the shipped templates into the site's folder, to edit them.")
def init(directory: Path, templates: bool) -> None:  # noqa: FBT001
    """Make a new site in DIRECTORY: config.toml, sample content, a folder for templates of your own."""
    if templates and (directory / "config.toml").exists():
        print_line(f"{len(copy_templates(directory))} templates copied; keep those you change, delete the others")
        return
    make_site(directory)
    if templates:
        copy_templates(directory)
    config = directory / "config.toml"
    print_line(f"A new site is there. Edit {config} as you like, then make its first pass with this command:")
    print_line(f"publisher run --config {shlex.quote(str(config))}")


def make_site(directory: Path) -> None:
    """Write configuration and sample content into `directory`, which may exist but must contain no site.

    Raises:
        UsageError: a file or folder with one of the names to write exists; nothing was written.
        FilesError: the folder cannot be written.
    """
    for part in PARTS:
        if (directory / part).exists():
            raise UsageError(f"{directory / part} is there already; choose another folder, or move it away")
    try:
        (directory / TEMPLATES).mkdir(parents=True)
        (directory / TEMPLATES / "README.txt").write_text(README, encoding="utf-8")
        shutil.copytree(_shipped(CONTENT), directory / CONTENT)
        (directory / schema.FILE).write_text(f"{json.dumps(schema.json_schema(), indent=1)}\n", encoding="utf-8")
        (directory / CONFIG).write_text(schema.DIRECTIVE + starter(), encoding="utf-8")
    except OSError as error:
        _remove_made(directory)
        raise _unwritable(error, directory) from error


def copy_templates(directory: Path) -> list[Path]:
    """Copy the shipped templates into a site's templates folder, without replacing any file; return the paths of the
    copies.

    Raises:
        FilesError: the folder cannot be written.
    """
    shipped, copies = shipped_templates(), []
    try:
        for template in sorted(path for path in shipped.rglob("*") if path.is_file()):
            copy = directory / TEMPLATES / template.relative_to(shipped)
            if not copy.exists():
                copy.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(template, copy)
                copies.append(copy)
    except OSError as error:
        raise _unwritable(error, directory) from error
    return copies


def _shipped(part: str) -> Path:
    """Return the path of a shipped file or folder: in the installed package, or beside the package in a checkout."""
    packaged = PACKAGE / "starter" / part
    return packaged if packaged.exists() else PACKAGE.parent / part


def _remove_made(directory: Path) -> None:
    """Remove an incomplete site, because it would prevent the next attempt. What cannot be removed is left to the
    operator.
    """
    for part in PARTS:
        path = directory / part
        with suppress(OSError):
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink()


def _unwritable(error: OSError, directory: Path) -> FilesError:
    return FilesError(f"{error.filename or directory}: {error.strerror}; choose a folder you may write")

"""Reads passwords and tokens each time one is needed: a token is valid for an hour, and a password may change."""

import subprocess

from publisher.model.errors import SecretError
from publisher.model.settings import Secret

_PATIENCE_S = 30


def read_secret(secret: Secret, key: str) -> str:
    """Return the password or token; `key` is the path of its setting in config.toml, for error messages.

    Raises:
        SecretError: the password or token cannot be read from its file or program.
    """
    if secret.file is not None:
        try:
            return secret.file.read_text("utf-8").strip()
        except (OSError, ValueError) as error:
            raise SecretError(f"{key}: {secret.file} cannot be read: {error}") from error
    if secret.command:
        return _printed_by(secret.command, key)
    return secret.value


def _printed_by(command: tuple[str, ...], key: str) -> str:
    try:
        done = subprocess.run(  # noqa: S603  (the operator wrote it into config.toml)
            command, capture_output=True, text=True, check=True, timeout=_PATIENCE_S, stdin=subprocess.DEVNULL
        )
    except subprocess.CalledProcessError as error:
        said = " ".join(error.stderr.split())[-200:]
        raise SecretError(f"{key}: {command[0]} ended with {error.returncode}: {said}") from error
    except (OSError, ValueError, subprocess.TimeoutExpired) as error:
        raise SecretError(f"{key}: {command[0]} cannot be run: {error}") from error
    return done.stdout.strip()

"""`publisher serve`: the service."""

import click

from publisher.cli.options import Options, site_command
from publisher.serve.scheduler import serve as serve_site


@click.command()
@site_command
def serve(options: Options) -> None:
    """Collect, publish and deliver at an interval and compose by schedule, until SIGTERM or Ctrl-C."""
    config, opener = options.service_site()
    serve_site(config, opener, is_verbose=options.is_verbose)

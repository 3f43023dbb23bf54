"""Reports the service's state to systemd (sd_notify(3)): ready, alive, stopping. Without systemd it does nothing."""

import os
import socket


def notify(state: str) -> None:
    """Send a state such as `READY=1` to the socket that systemd named. If it named none, do nothing."""
    place = os.environ.get("NOTIFY_SOCKET", "")
    if not place:
        return
    address = f"\0{place[1:]}" if place.startswith("@") else place
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
        try:
            sender.sendto(state.encode(), address)
        except OSError:  # without a sign of life the watchdog acts by itself
            return

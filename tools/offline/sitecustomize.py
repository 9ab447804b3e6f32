"""Refuse connections beyond the loopback; Python imports this by itself where the folder is on PYTHONPATH."""

import ipaddress
import sys


def is_loopback(host):
    """Say whether `host` names this machine: nothing, localhost, 127.0.0.0/8 or ::1."""
    host = host.decode() if isinstance(host, bytes) else host
    if host in (None, "", "localhost"):
        return True
    try:
        return ipaddress.ip_address(host.partition("%")[0]).is_loopback
    except ValueError:
        return False


def refuse(event, arguments):
    """Audit hook: raise where a socket connects, or a name is looked up, beyond the loopback."""
    if event not in ("socket.connect", "socket.sendto", "socket.getaddrinfo"):
        return
    host = arguments[0] if event == "socket.getaddrinfo" else arguments[1]
    if isinstance(host, tuple):
        host = host[0]
    elif event != "socket.getaddrinfo":
        return  # a Unix socket, which is a path and stays here
    if not is_loopback(host):
        raise ConnectionRefusedError(f"No network: tests and notebooks run offline, and {host!r} is not this machine.")


sys.addaudithook(refuse)

"""Server URLs as settings give them: their faults, their hosts, and a form safe to display."""

import re
from urllib.parse import quote, urlsplit


def mask_url(url: str) -> str:
    """Return the URL without user, password, query and anything that may be part of a password."""
    if "@" not in url:
        url = re.sub(r"(://[^:/]*):.*", r"\1:***", url, flags=re.DOTALL)
    return re.split("[?#]", re.sub(r"://.*@", "://***@", url, flags=re.DOTALL))[0]


def fault_of(url: str, schemes: list[str]) -> str | None:
    """Return why this URL would be misread, or None.

    Needed because urllib ends a URL at an unescaped # without an error.
    """
    wrong_port = "has a port that is not a number, or an unescaped character in its password"
    try:
        parts = urlsplit(url)
    except ValueError:
        return wrong_port
    servers = servers_of(url)
    if not all(port.isdecimal() and int(port) < 65536 for _, port in servers if port):
        return wrong_port
    if len(servers) > 1 and "redis" in parts.scheme:
        return "names several hosts"
    if parts.scheme not in schemes:
        return f"does not begin with {schemes[0]}://"
    if parts.fragment or "#" in url:
        return "holds an unescaped # that cuts it short"
    if "@" in parts.path + parts.query:
        return "holds an unescaped / or ? in its user or password"
    if re.search(r"%(?![0-9A-Fa-f]{2})", parts.netloc):
        return "holds an unescaped %"
    is_socket = len(servers) == 1 and parts.path.startswith("//")  # its directory follows //
    if not is_socket and not all(host for host, _ in servers):
        return "names no host"
    return None


def servers_of(url: str) -> list[tuple[str, str]]:
    """Return host and port of each server in the URL, "" where one is missing.

    IPv6 addresses, which are in brackets in a URL, are returned without them.
    """
    servers = urlsplit(url).netloc.rpartition("@")[2].split(",")
    split = [re.fullmatch(r"(\[.*\]|[^:]*)(?::(.*))?", one, re.DOTALL) for one in servers]
    return [(found[1].strip("[]"), found[2] or "") if found else ("", "?") for found in split]


def with_password(url: str, password: str) -> str:
    """Return the URL with this password, quoted, in place of its own."""
    parts = urlsplit(url)
    user, host = parts.username or "", parts.netloc.rpartition("@")[2]
    return parts._replace(netloc=f"{user}:{quote(password, safe='')}@{host}").geturl()

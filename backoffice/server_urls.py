"""Server URLs as settings give them: their faults, their hosts, and a form safe to display."""

import re
from urllib.parse import SplitResult, quote, urlsplit

PORT = re.compile(r"[0-9]{1,5}")


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
    if re.search(r"[\x00-\x1f\x7f]|%00", url):  # urllib would drop some of them
        return "holds a control character"
    try:
        parts = split_by_server(url)[0]
    except ValueError:
        return wrong_port
    servers = servers_of(url)
    if not all(PORT.fullmatch(port) and int(port) < 65536 for _, port in servers if port):
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
    if any(re.search(r"\s", host) for host, _ in servers):
        return "has a blank in its host"
    return None


def servers_of(url: str) -> list[tuple[str, str]]:
    """Return host and port of each server in the URL, "" where one is missing.

    IPv6 addresses, which are in brackets in a URL, are returned without them.
    """
    servers = [one.netloc.rpartition("@")[2] for one in split_by_server(url)]
    split = [re.fullmatch(r"(\[.*\]|[^:]*)(?::(.*))?", one, re.DOTALL) for one in servers]
    return [(found[1].strip("[]"), found[2] or "") if found else ("", "?") for found in split]


def with_password(url: str, password: str) -> str:
    """Return the URL with this password, quoted, in place of its own."""
    servers = split_by_server(url)
    hosts = ",".join(one.netloc.rpartition("@")[2] for one in servers)
    netloc = f"{servers[0].username or ''}:{quote(password, safe='')}@{hosts}"
    return servers[0]._replace(netloc=netloc).geturl()


def split_by_server(url: str) -> list[SplitResult]:
    """Return the parts of a URL for each server that it names, as if it named this one alone.

    Newer Pythons refuse a list of servers with an IPv6 address.
    Raises: ValueError as urlsplit does.
    """
    begin, separator, rest = url.partition("://")
    netloc = re.split("[/?#]", rest, maxsplit=1)[0]
    account, at, hosts = netloc.rpartition("@")
    tail = rest[len(netloc) :]
    return [urlsplit(f"{begin}{separator}{account}{at}{host}{tail}") for host in hosts.split(",")]

"""Reads settings from the environment and collects, one sentence each, what is missing or wrong."""

import math
import os
import re
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit
from zoneinfo import available_timezones

from django.core.exceptions import ImproperlyConfigured
from environ import Env
from environ.fileaware_mapping import FileAwareMapping

FLAGS = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}
LOCAL_HOSTS = ["localhost", "127.0.0.1", "[::1]"]
HOST = re.compile(
    r"\.?[\w-]+(\.[\w-]+)*|\[[0-9A-Fa-f:]+\]", re.ASCII
)  # .example.com is all below it
LOG_LEVELS = ["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"]
NEW_KEY = 'python3 -c "import secrets; print(secrets.token_urlsafe(50))"'


class Environment:
    """Typed values of environment variables; NAME_FILE names a file that holds the value of NAME.

    What is wrong is noted, a harmless stand-in returned, and `refuse` raises with all of it: one
    start shows everything there is to repair. An empty value counts as none.
    """

    def __init__(self) -> None:
        self._values = FileAwareMapping(os.environ)
        self.defaults: dict[str, str | None] = {}  # None: must be set; "": optional
        self.problems: list[str] = []

    def refuse(self) -> None:
        """Raises ImproperlyConfigured when anything read so far was missing or wrong."""
        if self.problems:
            raise ImproperlyConfigured("\n  ".join(["Backoffice does not start:", *self.problems]))

    def wrong(self, seen: str, why: str, fix: str) -> None:
        """Note a problem; `seen` is NAME='value', without its secret part."""
        self.problems.append(f"{seen} {why}. {fix}.")

    def text(self, name: str, default: str | None = None, fix: str = "Set it") -> str:
        self.defaults[name] = default
        known = len(self.problems)
        value = self._read(name)
        if not value and default is None and len(self.problems) == known:
            self.wrong(name, "is not set", fix)
        return value or default or ""

    def flag(self, name: str, default: bool) -> bool:
        value = self.text(name, str(default).lower()).lower()
        if value not in FLAGS:
            self.wrong(f"{name}={value!r}", "is neither true nor false", "Set it to true or false")
        return FLAGS.get(value, default)

    def debug(self, name: str, hosts: list[str]) -> bool:
        """Whether errors show their inside, which only a site on this machine may do."""
        debug = self.flag(name, False)
        strangers = [host for host in hosts if host not in LOCAL_HOSTS]
        if debug and strangers:
            why = f"would show settings and SQL to visitors of {strangers[0]}"
            self.wrong(f"{name}=true", why, f"Remove it, or allow only {LOCAL_HOSTS}")
        return debug

    def number(self, name: str, default: int, least: int = 0) -> int:
        value = self.text(name, str(default))
        if value.isascii() and value.isdecimal() and int(value) >= least:
            return int(value)
        self.wrong(f"{name}={value!r}", f"is not a number of {least} or more", f"Try {default}")
        return default

    def seconds(self, name: str, default: float, most: float = math.inf) -> float:
        value = self.text(name, f"{default:g}")
        if re.fullmatch(r"\d+(\.\d+)?", value) and 0 < float(value) <= most:
            return float(value)
        limit = "" if most == math.inf else f" of at most {most:g}"
        self.wrong(
            f"{name}={value!r}", f"is not a number of seconds{limit}", f"Try {min(default, most):g}"
        )
        return default

    def log_level(self, name: str, default: str) -> str:
        value = self.text(name, default).upper()
        if value not in LOG_LEVELS:
            self.wrong(f"{name}={value!r}", "is no level", f"Set it to one of {LOG_LEVELS}")
            return default
        return value

    def time_zone(self, name: str, default: str) -> str:
        value = self.text(name, default)
        if value not in available_timezones():
            self.wrong(f"{name}={value!r}", "is no time zone", "Name one, such as Europe/Berlin")
            return default
        return value

    def directory(self, name: str, default: Path | None = None) -> Path:
        fix = "Set it to a directory's full path"
        path = Path(self.text(name, str(default) if default else None, fix))
        if not path.is_absolute() and path != Path():
            why = "depends on where a process is started"
            self.wrong(f"{name}={str(path)!r}", why, f"Write the full path, such as /srv/{path}")
        return path

    def path_prefix(self, name: str) -> str:
        """A path of the site that begins and ends with a slash; "" if unset."""
        value = self.text(name, "")
        if value and not re.fullmatch(r"/([\w.-]+/)+", value, re.ASCII):
            fix = "Write it as in nginx's `location`, such as /job-files/"
            self.wrong(f"{name}={value!r}", "is not a path with a slash at both ends", fix)
        return value

    def hosts(self, name: str) -> list[str]:
        """Host names that requests may carry."""
        fix = "List this site's names, such as backoffice.example.com, with commas"
        value = self.text(name, fix=fix)
        hosts = [host.strip() for host in value.split(",")] if value else []
        for host in hosts:
            if not HOST.fullmatch(host):
                why = "lets anyone choose the host" if "*" in host else "is not a host name alone"
                self.wrong(f"{name}={host!r}", why, fix)
        return hosts

    def secret_key(self, name: str) -> str:
        key = self.text(name, fix=f"Make one: {NEW_KEY}")
        if "insecure" in key or "change-me" in key:
            self.wrong(name, "is a sample that anyone can look up", f"Make your own: {NEW_KEY}")
        elif key and (len(key) < 50 or len(set(key)) < 5):
            why = f"has {len(key)} characters, {len(set(key))} of them different: easy to guess"
            self.wrong(name, why, f"Make one: {NEW_KEY}")
        return key

    def url(self, name: str, password: str, schemes: list[str], last: str = "0") -> str:
        """A server's URL; its password may come from the variable `password` instead."""
        example = f"{schemes[0]}://user:password@host/{last}"
        url = self.text(name, fix=f"Write it as {example}")
        secret = self.text(password, "")
        why = url and _fault_of(url, schemes)
        if why:
            fix = f"Write {example}; in a password # is %23, / is %2F, ? is %3F, % is %25"
            self.wrong(f"{name}={mask(url)!r}", why, fix)
            return ""
        return _with_password(url, secret) if url and secret else url

    def database(self, name: str, password: str) -> dict[str, Any]:
        """Return the entry of DATABASES for a URL; of several hosts the one that takes writes is used."""
        url = self.url(name, password, ["postgres", "postgresql"], last="name")
        config = Env.db_url_config(url or "postgres://localhost/unknown")
        if len(servers := _servers_of(url)) > 1:
            config["HOST"] = ",".join(host for host, _ in servers)
            config["PORT"] = ",".join(port or "5432" for _, port in servers)
            config["OPTIONS"] = {"target_session_attrs": "read-write"} | config.get("OPTIONS", {})
        if not config["NAME"]:
            self.wrong(f"{name}={mask(url)!r}", "names no database", "Write its name last: /name")
        return config

    def _read(self, name: str) -> str:
        try:
            return self._values.get(name, "").strip()
        except (OSError, UnicodeDecodeError) as error:
            path = os.environ[f"{name}_FILE"]
            why = f"cannot be read ({getattr(error, 'strerror', None) or 'not text'})"
            self.wrong(f"{name}_FILE={path!r}", why, "Name a text file this user may read")
            return ""


def mask(url: str) -> str:
    """The URL without user, password, query, and anything else that may be a misplaced password."""
    if "@" not in url:
        url = re.sub(r"(://[^:/]*):.*", r"\1:***", url, flags=re.DOTALL)
    return re.split("[?#]", re.sub(r"://.*@", "://***@", url, flags=re.DOTALL))[0]


def _fault_of(url: str, schemes: list[str]) -> str | None:
    """Why this URL would be misread; urllib takes an unescaped # for the end and says nothing."""
    wrong_port = "has a port that is no number, or an unescaped character in its password"
    try:
        parts = urlsplit(url)
    except ValueError:
        return wrong_port
    servers = _servers_of(url)
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


def _servers_of(url: str) -> list[tuple[str, str]]:
    """Return host and port of each server in the URL, "" where one is missing; IPv6 stands in brackets there."""
    named = urlsplit(url).netloc.rpartition("@")[2].split(",")
    split = [re.fullmatch(r"(\[.*\]|[^:]*)(?::(.*))?", one, re.DOTALL) for one in named]
    return [(found[1].strip("[]"), found[2] or "") if found else ("", "?") for found in split]


def _with_password(url: str, password: str) -> str:
    parts = urlsplit(url)
    user, host = parts.username or "", parts.netloc.rpartition("@")[2]
    return parts._replace(netloc=f"{user}:{quote(password, safe='')}@{host}").geturl()

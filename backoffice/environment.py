"""Reads settings from the environment and collects a sentence about each that is wrong."""

import os
import re
from collections.abc import Collection
from importlib.util import find_spec
from pathlib import Path
from zoneinfo import available_timezones

from django.core.exceptions import ImproperlyConfigured
from environ.fileaware_mapping import FileAwareMapping

from backoffice.server_urls import fault_of, mask_url, with_password

FLAGS = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}
LOCAL_HOSTS = ["localhost", "127.0.0.1", "[::1]"]
# .example.com stands for every host below it.
HOST = re.compile(r"\.?[\w-]+(\.[\w-]+)*|\[[0-9A-Fa-f:]+\]", re.ASCII)
FILE_KINDS = re.compile(r"\.[\w.+-]+|[\w.+-]+/(\*|[\w.+-]+)", re.ASCII)
LOG_LEVELS = ["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"]
MOST_NUMBER = 10**15  # far above any use
MOST_SECONDS = 1e9
SHOWN_CHARACTERS = 200  # of a wrong value
NEW_KEY = 'python3 -c "import secrets; print(secrets.token_urlsafe(50))"'


class Environment:
    """Typed values of environment variables; NAME_FILE names a file that holds the value of NAME.

    For a wrong value a method notes the problem and returns a harmless stand-in. `refuse` raises
    one error with all problems, so that one start shows everything to fix. An empty value counts
    as not set.
    """

    def __init__(self) -> None:
        self._values = FileAwareMapping(os.environ)
        self.defaults: dict[str, str | None] = {}  # None: must be set; "": optional
        self.problems: list[str] = []

    def refuse(self) -> None:
        """Raise ImproperlyConfigured if a value read so far is missing or wrong."""
        if self.problems:
            raise ImproperlyConfigured("\n  ".join(["Backoffice does not start:", *self.problems]))

    def wrong(self, seen: str, why: str, fix: str) -> None:
        """Note a problem; `seen` is NAME='value' without its secret part."""
        if len(seen) > SHOWN_CHARACTERS:
            seen = f"{seen[:SHOWN_CHARACTERS]}..."
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
        """Return whether error pages show settings and SQL: only for hosts on this machine."""
        debug = self.flag(name, False)
        foreign = [host for host in hosts if host not in LOCAL_HOSTS]
        if debug and foreign:
            why = f"would show settings and SQL to visitors of {foreign[0]}"
            self.wrong(f"{name}=true", why, f"Remove it, or allow only {LOCAL_HOSTS}")
        return debug

    def number(self, name: str, default: int, least: int = 0, most: int = MOST_NUMBER) -> int:
        value = self.text(name, str(default))
        digits = re.fullmatch(r"0*([0-9]+)", value)
        # 20 digits are too many, and Python refuses to read thousands of them.
        number = int(digits[1][:20]) if digits else -1
        if value == str(default) or least <= number <= most:
            return number
        why = f"is more than {most}" if number > most else f"is not a number of {least} or more"
        self.wrong(f"{name}={value!r}", why, f"Try {default}")
        return default

    def seconds(self, name: str, default: float, most: float = MOST_SECONDS) -> float:
        value = self.text(name, f"{default:g}")
        if value == f"{default:g}":
            return default
        if re.fullmatch(r"\d+(\.\d+)?", value, re.ASCII) and 0 < float(value) <= most:
            return float(value)
        limit = "" if most == MOST_SECONDS else f" of at most {most:g}"
        self.wrong(
            f"{name}={value!r}", f"is not a number of seconds{limit}", f"Try {min(default, most):g}"
        )
        return default

    def log_level(self, name: str, default: str) -> str:
        value = self.text(name, default).upper()
        if value not in LOG_LEVELS:
            self.wrong(f"{name}={value!r}", "is not a log level", f"Set it to one of {LOG_LEVELS}")
            return default
        return value

    def time_zone(self, name: str, default: str) -> str:
        value = self.text(name, default)
        if value not in available_timezones():
            self.wrong(f"{name}={value!r}", "is not a time zone", "Set one, such as Europe/Berlin")
            return default
        return value

    def directory(self, name: str, default: Path | None = None) -> Path:
        fix = "Set it to a directory's full path"
        path = Path(self.text(name, str(default) if default else None, fix))
        if not path.is_absolute() and path != Path():
            why = "depends on where a process is started"
            self.wrong(f"{name}={str(path)!r}", why, f"Write the full path, such as /srv/{path}")
        return path

    def file(self, name: str) -> str:
        """Return the path of a file that this process may read, or "" if unset."""
        path = self.text(name, "")
        try:
            if path:
                Path(path).read_bytes()
        except OSError as error:
            why = f"cannot be read ({error.strerror})"
            self.wrong(f"{name}={path!r}", why, "Name a file this user may read")
        return path

    def path_prefix(self, name: str, example: str, taken: Collection[str] = ()) -> str:
        """Return a path of the site that begins and ends with a slash, or "" if unset.

        Its first part may not be one of `taken`.
        """
        value = self.text(name, "")
        if value and not re.fullmatch(r"/((?!\.+/)[\w.-]+/)+", value, re.ASCII):
            fix = f"Write it as in nginx's `location`, such as {example}"
            self.wrong(f"{name}={value!r}", "is not a path with a slash at both ends", fix)
            return ""
        if value and value.split("/")[1] in taken:
            why = f"begins as an address of the site itself does ({', '.join(taken)})"
            self.wrong(f"{name}={value!r}", why, f"Choose another, such as {example}")
        return value

    def hosts(self, name: str) -> list[str]:
        """Return the host names that requests may be sent to."""
        fix = "List this site's names, such as backoffice.example.com, with commas"
        value = self.text(name, fix=fix)
        hosts = [host.strip() for host in value.split(",")] if value else []
        for host in hosts:
            if not HOST.fullmatch(host):
                why = "lets anyone choose the host" if "*" in host else "is not a host name alone"
                self.wrong(f"{name}={host!r}", why, fix)
        return hosts

    def modules(self, name: str, default: str = "") -> list[str]:
        """Return dotted names of Python code, each in a package that can be found."""
        value = self.text(name, default)
        names = [one.strip() for one in value.split(",")] if value else []
        for one in names:
            if not all(part.isidentifier() for part in one.split(".")):
                why, fix = "is not a dotted name", "List names such as shop, with commas"
                self.wrong(f"{name}={one!r}", why, fix)
            elif find_spec(package := one.partition(".")[0]) is None:
                why = f"is not installed: Python finds no package {package}"
                self.wrong(f"{name}={one!r}", why, "Install it, or add its directory to PYTHONPATH")
        return names

    def file_kinds(self, name: str) -> list[str]:
        """Return kinds of files: extensions such as .exe, and media types such as text/html."""
        value = self.text(name, "")
        kinds = [one.strip() for one in value.split(",")] if value else []
        for one in kinds:
            if not FILE_KINDS.fullmatch(one):
                fix = "List kinds such as .exe or text/html, with commas"
                self.wrong(f"{name}={one!r}", "is no extension and no media type", fix)
        return kinds

    def function(self, name: str) -> str:
        """Return the dotted name of a function, whose package can be found; "" if unset."""
        names = self.modules(name)
        if any("." not in one for one in names) or len(names) > 1:
            value = ",".join(names)
            why, fix = "is not one function", "Write its module and its name, such as shop.scan"
            self.wrong(f"{name}={value!r}", why, fix)
        return names[0] if names else ""

    def model(self, name: str, default: str) -> str:
        """Return a model as Django names it: the label of its app, a dot, its class."""
        value = self.text(name, default)
        label, _, model = value.partition(".")
        if label.isidentifier() and model.isidentifier():
            return value
        self.wrong(f"{name}={value!r}", "is no model", f"Write app.Model, such as {default}")
        return default

    def secret_key(self, name: str) -> str:
        key = self.text(name, fix=f"Make one: {NEW_KEY}")
        if "insecure" in key or "change-me" in key:
            self.wrong(name, "is a sample that anyone can look up", f"Make your own: {NEW_KEY}")
        elif key and (len(key) < 50 or len(set(key)) < 5):
            why = f"has {len(key)} characters, {len(set(key))} of them different: easy to guess"
            self.wrong(name, why, f"Make one: {NEW_KEY}")
        return key

    def url(
        self,
        name: str,
        password: str,
        schemes: list[str],
        last: str = "0",
        *,
        is_required: bool = True,
    ) -> str:
        """Return a server's URL, with the password of the variable `password` if that is set."""
        example = f"{schemes[0]}://user:password@host/{last}"
        url = self.text(name, None if is_required else "", fix=f"Write it as {example}")
        secret = self.text(password, "")
        why = url and fault_of(url, schemes)
        if why:
            fix = f"Write {example}; in a password # is %23, / is %2F, ? is %3F, % is %25"
            self.wrong(f"{name}={mask_url(url)!r}", why, fix)
            return ""
        return with_password(url, secret) if url and secret else url

    def _read(self, name: str) -> str:
        try:
            value = self._values.get(name, "").strip()
            value.encode()
        except UnicodeEncodeError:  # how Python reads an environment that is not UTF-8
            self.wrong(name, "is not text in UTF-8", "Set it to text")
            return ""
        except (OSError, UnicodeDecodeError) as error:
            path = os.environ[f"{name}_FILE"]
            why = f"cannot be read ({getattr(error, 'strerror', None) or 'not text'})"
            self.wrong(f"{name}_FILE={path!r}", why, "Name a text file this user may read")
            return ""
        if "\0" in value:  # neither the system nor PostgreSQL takes one
            self.wrong(name, "holds a zero byte", "Set it to text")
            return ""
        return value

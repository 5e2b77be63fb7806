"""Finds the job types of every installed app: each registers itself when it is imported."""

import pkgutil
import traceback
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

from django.apps import AppConfig, apps
from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import module_has_submodule


def load_job_types() -> None:
    """Import jobs/types/, and `job_types` of every other app: a module, or a package of modules.

    Raises: ImproperlyConfigured, with app, file and line, if one cannot be imported.
    """
    for app in apps.get_app_configs():
        try:
            for name in _modules(app):
                import_module(name)
        except Exception as error:  # an app's code may raise anything
            raise ImproperlyConfigured(
                f"The job types of the app {app.name!r} cannot be loaded."
                f" {_line_of(error, app.path)}: {_error_text(error)}"
            ) from error


def _modules(app: AppConfig) -> Iterator[str]:
    """Yield the app's module of job types and, if that is a package, the modules in it."""
    own = "types" if app.name == "jobs" else "job_types"
    if not module_has_submodule(app.module, own):
        return
    name = f"{app.name}.{own}"
    yield name
    for module in pkgutil.iter_modules(getattr(import_module(name), "__path__", ()), f"{name}."):
        yield module.name


def _line_of(error: Exception, app_path: str) -> str:
    """Return file and line of the fault: the innermost line of the app's own code."""
    if isinstance(error, SyntaxError) and error.filename:
        return f"{error.filename}, line {error.lineno}"
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if Path(frame.filename).is_relative_to(app_path)]
    frame = (own or frames)[-1]
    return f"{frame.filename}, line {frame.lineno}"


def _error_text(error: Exception) -> str:
    # The registry's sentences are complete; other exceptions need their type.
    return str(error) if type(error) is ValueError else f"{type(error).__name__}: {error}"

"""The storage of job files: where they lie, whose they are, and how they are removed."""

from jobs.storage.identity import StorageRefused, adopt, check_present, problem, sample, tie
from jobs.storage.layout import Folder, folders, job_of, names_in, new_name, remove_if_empty, root
from jobs.storage.removal import chunks, discard, purge, remove, removed_files, restore

__all__ = [
    "Folder",
    "StorageRefused",
    "adopt",
    "check_present",
    "chunks",
    "discard",
    "folders",
    "job_of",
    "names_in",
    "new_name",
    "problem",
    "purge",
    "remove",
    "remove_if_empty",
    "removed_files",
    "restore",
    "root",
    "sample",
    "tie",
]

"""The storage of job files: their layout, the database they belong to, and their removal."""

from jobs.storage.identity import StorageRefused, adopt, check_present, problem, sample, tie
from jobs.storage.layout import Folder, folders, job_of, names_in, new_name, remove_if_empty, root
from jobs.storage.removal import chunks, discard, move_to_removed, purge, removed_files, restore

__all__ = [
    "Folder",
    "StorageRefused",
    "adopt",
    "check_present",
    "chunks",
    "discard",
    "folders",
    "job_of",
    "move_to_removed",
    "names_in",
    "new_name",
    "problem",
    "purge",
    "remove_if_empty",
    "removed_files",
    "restore",
    "root",
    "sample",
    "tie",
]

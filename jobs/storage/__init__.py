"""The storage of job files: their layout, the database they belong to, and their removal.

A directory or a bucket, as the settings choose: `place` is the storage itself, and every error of
it is a StorageUnavailable.
"""

from jobs.storage.chosen import place
from jobs.storage.comparison import lost_files
from jobs.storage.content import drop, exists, open_part, probe, save
from jobs.storage.identity import StorageRefused, adopt, check_present, problem, sample, tie
from jobs.storage.known import known_names
from jobs.storage.layout import Folder, files_in, folders, remove_if_empty
from jobs.storage.names import job_of, new_name
from jobs.storage.place import Content, StoredFile, has_no_room
from jobs.storage.reader import open_reader
from jobs.storage.removal import chunks, discard, move_to_removed, purge, removed_files, restore
from jobs.storage.scratch import scratch_directory

__all__ = [
    "Content",
    "Folder",
    "StorageRefused",
    "StoredFile",
    "adopt",
    "check_present",
    "chunks",
    "discard",
    "drop",
    "exists",
    "files_in",
    "folders",
    "has_no_room",
    "job_of",
    "known_names",
    "lost_files",
    "move_to_removed",
    "new_name",
    "open_part",
    "open_reader",
    "place",
    "probe",
    "problem",
    "purge",
    "remove_if_empty",
    "removed_files",
    "restore",
    "sample",
    "save",
    "scratch_directory",
    "tie",
]

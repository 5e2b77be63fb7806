"""Where `collectstatic` puts static files, beside a version that sends them."""

import gzip
import re
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from whitenoise.storage import CompressedManifestStaticFilesStorage

HASHED = re.compile(r"\.[0-9a-f]{12}(\.[^./]+)?$")


class StaticFiles(CompressedManifestStaticFilesStorage):
    """WhiteNoise's, which leaves a file alone that is there under the hash of its content.

    Django deletes each of them and writes the same again: a request in between is answered 500 by
    the version that runs.
    """

    def delete(self, name: str) -> None:
        """Delete a file, unless its name has a hash."""
        if not HASHED.search(name):
            super().delete(name)

    def _save(self, name: str, content: Any) -> str:
        if HASHED.search(name) and self.exists(name):
            content.seek(0)
            with self.open(name) as found:
                is_same = found.read() == content.read()
            content.seek(0)
            if is_same:
                return name
            super().delete(name)  # an interrupted collectstatic left a part of it
        saved: str = super()._save(name, content)
        return saved

    def compress_files(self, paths: Any) -> Iterator[Any]:
        """Compress the files that are not compressed yet."""
        yield from super().compress_files([path for path in paths if not self._is_compressed(path)])

    def _is_compressed(self, name: str) -> bool:
        path = Path(self.path(name))
        try:
            packed = path.with_name(f"{path.name}.gz").read_bytes()
            return gzip.decompress(packed) == path.read_bytes()
        except (OSError, EOFError, zlib.error):
            return False

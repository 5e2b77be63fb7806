"""A type that reads files, and a user who launches it."""

import pytest

from tests.support import people
from tests.support.uploads import OneFile, read_files


@pytest.fixture
def reader(make_type):
    return make_type(read_files, slug="reader", label="Reader", form=OneFile)


@pytest.fixture
def lena():
    return people.launcher()

"""Measurements on real servers, each beside something in the same run; none runs with the tests."""

"""Traces and reports of errors: real web servers and workers that send to servers of the tests."""

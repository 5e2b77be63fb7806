"""Tests of the launch pages."""

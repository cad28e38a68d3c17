"""Fixtures for every test; each is described where it is made."""

pytest_plugins = ["tests.support.valkey", "tests.support.databases", "tests.support.mariadb"]

"""A browser at the page for signing in."""

from typing import Any

from django.test import Client


def sign_in(client: Client, password: str, name: str = "person", address: str = "192.0.2.1") -> Any:
    return client.post("/sign-in/", {"username": name, "password": password}, REMOTE_ADDR=address)


def stranger() -> Client:
    return Client()

"""The web: agent desk, phone page, API. Built over the protocols of ``web.services``."""

from web.app import WebSettings, create_app
from web.security import hash_password, is_password
from web.services import Services, User

__all__ = ["Services", "User", "WebSettings", "create_app", "hash_password", "is_password"]

"""What refuses says why in a few words; people read a sentence."""

from __future__ import annotations


def sentence(text: str) -> str:
    """The words with a capital letter at the beginning and a mark at the end."""
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "!", "?")) else ".")

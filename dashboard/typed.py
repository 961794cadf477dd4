"""What people type into one line that others read."""

from __future__ import annotations

from django import forms
from django.core.validators import MaxLengthValidator

NUL = "null_characters_not_allowed"  # Django's own word for it, under which a field keeps its sentence
UNSEEN = "The name holds a character that cannot be shown. Type it again."


class NameField(forms.CharField):
    """A name: nothing in it is invisible, or turns the words around it."""

    def __init__(self, *, max_length: int, required_words: str) -> None:
        too_long = f"The name is too long: at most {max_length} characters. Shorten it."
        super().__init__(max_length=max_length, error_messages={"required": required_words, "max_length": too_long})
        self.validators = [MaxLengthValidator(max_length), _printable]  # the second refuses NUL as well


def _printable(name: str) -> None:
    if not name.isprintable():
        raise forms.ValidationError(UNSEEN)

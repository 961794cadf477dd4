"""What a composer's form makes of what a browser sends."""

from __future__ import annotations

import django

django.setup()

from dashboard.composing import ComposerForm  # noqa: E402


def test_a_line_end_is_one_character() -> None:
    form = ComposerForm({"as": "x", "text": "\r\nOne\r\ntwo\nthree "})
    assert form.is_valid()
    assert form.cleaned_data["text"] == "\nOne\ntwo\nthree "

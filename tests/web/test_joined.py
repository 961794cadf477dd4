"""The pages' own scripts in one answer, and their styles in another."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from dashboard.views import joined


def test_the_joined_scripts_hold_every_file_and_may_be_kept_for_ever(client: Client) -> None:
    answer = client.get(joined.scripts_address())
    assert answer.headers["Cache-Control"] == joined.FOR_EVER
    for name in ("composer-box", "mention-editor", "app-dialog", "time-left"):
        assert f'customElements.define("{name}"' in answer.text
    assert "Idiomorph" in answer.text


def test_the_joined_styles_hold_every_rule_in_its_layer_and_no_comment(client: Client) -> None:
    answer = client.get(joined.styles_address())
    assert answer.headers["Cache-Control"] == joined.FOR_EVER
    assert answer.headers["Content-Type"].startswith("text/css")
    assert answer.text.startswith("@layer tokens, base, components, layout;\n")
    assert "/*" not in answer.text and "@import" not in answer.text
    for _, file in joined.STYLES:
        source = joined._text(file)
        assert not any("/*" in said for said in re.findall(r'"[^"\n]*"', source)), (
            f"{file}: a string looks like a comment"
        )
        assert joined.COMMENT.sub("", source).count("{") <= answer.text.count("{")
    assert answer.text.count("{") == answer.text.count("}")


@pytest.mark.parametrize("name", ["scripts", "styles"])
def test_a_page_drawn_before_an_update_gets_todays_files_and_keeps_none(client: Client, name: str) -> None:
    answer = client.get(reverse(name, args=["0123456789ab"]))
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-cache"


def test_brotli_is_given_to_whom_it_suits(client: Client) -> None:
    packed = client.get(joined.scripts_address(), headers={"Accept-Encoding": "gzip, br"})
    assert packed.headers["Content-Encoding"] == "br"
    assert "Accept-Encoding" in packed.headers["Vary"]
    refused = client.get(joined.scripts_address(), headers={"Accept-Encoding": "gzip, br;q=0"})
    assert refused.headers["Content-Encoding"] == "gzip"
    assert len(packed.content) < len(refused.content)


def test_a_page_is_padded_differently_each_time(client: Client) -> None:
    lengths = {len(client.get("/connect/", headers={"Accept-Encoding": "br"})["X-Padding"]) for _ in range(20)}
    assert len(lengths) > 3

"""The page's own scripts in one answer."""

from django.test import Client
from django.urls import reverse

from dashboard.views import scripts


def test_the_joined_scripts_hold_every_file_and_may_be_kept_for_ever(client: Client) -> None:
    answer = client.get(scripts.address())
    assert answer.headers["Cache-Control"] == scripts.FOR_EVER
    for name in ("composer-box", "mention-editor", "app-dialog", "time-left"):
        assert f'customElements.define("{name}"' in answer.text
    assert "Idiomorph" in answer.text


def test_a_page_drawn_before_an_update_gets_todays_scripts_and_keeps_none(client: Client) -> None:
    answer = client.get(reverse("scripts", args=["0123456789ab"]))
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-cache"


def test_brotli_is_given_to_whom_it_suits(client: Client) -> None:
    packed = client.get(scripts.address(), headers={"Accept-Encoding": "gzip, br"})
    assert packed.headers["Content-Encoding"] == "br"
    assert "Accept-Encoding" in packed.headers["Vary"]
    refused = client.get(scripts.address(), headers={"Accept-Encoding": "gzip, br;q=0"})
    assert refused.headers["Content-Encoding"] == "gzip"
    assert len(packed.content) < len(refused.content)


def test_a_page_is_padded_differently_each_time(client: Client) -> None:
    lengths = {len(client.get("/connect/", headers={"Accept-Encoding": "br"})["X-Padding"]) for _ in range(20)}
    assert len(lengths) > 3

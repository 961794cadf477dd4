"""Pictures in forms: what is none is refused by its content, and a good one survives the refusal of its words."""

from __future__ import annotations

import html
import io
import re
import struct
import zlib
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from dashboard import signing
from socialactions import rights
from socialactions.models import Attachment, Outgoing, PageRole, User
from socialactions.sandbox.seeds.cast import ACME, ADA, BIRCH
from socialactions.services import attachments
from socialactions.services.refusals import Refused, check_upload
from tests.web.composers import TYPED, composer_of, form_id
from tests.web.desks import HTMX, AtDesk, fields_of, text_of


def picture(kind: str = "PNG", size: tuple[int, int] = (30, 20)) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", size, "teal").save(file, kind)
    return file.getvalue()


def bomb() -> bytes:
    """A PNG of 30,000 × 30,000 pixels in a few kilobytes."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    head = struct.pack(">IIBBBBB", 30_000, 30_000, 1, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(b"\0" * 10_000))
        + chunk(b"IEND", b"")
    )


def film(frames: int) -> bytes:
    file = io.BytesIO()
    pictures = [Image.new("RGB", (2, 2), (n % 256, n // 256, 0)) for n in range(frames)]
    pictures[0].save(file, "GIF", save_all=True, append_images=pictures[1:])
    return file.getvalue()


SVG = b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
NO_PICTURE = "This file is no JPEG, PNG or GIF picture, or it is damaged. Choose another one."
BAD: dict[str, tuple[str, Any, str]] = {
    "20 MB": ("big.jpg", lambda: picture("JPEG") + b"\0" * 20 * 1024 * 1024, "The picture has 20.0 MB; at most 8 MB"),
    "a bomb": ("bomb.png", bomb, "fewer than 36 million"),
    "an SVG named .png": ("drawing.png", lambda: SVG, NO_PICTURE),
    "a truncated JPEG": ("half.jpg", lambda: picture("JPEG", (400, 300))[:900], NO_PICTURE),
    "a page named .gif": ("x.gif", lambda: b"GIF89a<script>alert(1)</script>", NO_PICTURE),
    "300 frames": ("film.gif", lambda: film(300), "The animation is too long."),
    "nothing at all": ("x.png", lambda: b"", NO_PICTURE),
    "a BMP": ("x.png", lambda: picture("BMP"), NO_PICTURE),
    "a WebP": ("x.jpg", lambda: picture("WEBP"), NO_PICTURE),
    "an EPS": ("x.png", lambda: b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", NO_PICTURE),
}


@pytest.mark.parametrize("case", BAD)
def test_what_is_no_picture_for_linkedin_is_refused(ada_desk: AtDesk, case: str) -> None:
    name, make, words = BAD[case]
    content = make()
    before = _files()
    for form in composer_of(ada_desk, "comment").ways():
        file = SimpleUploadedFile(name, content, content_type="image/png")
        answer = form.send(**{"as": form.token(), "text": TYPED, "alt": "What it <shows>", "picture": file})
        form.refused(answer, words, typed=TYPED)
        assert fields_of(answer, form_id(answer.content.decode()))["alt"] == "What it <shows>"
    assert not Attachment.objects.exists() and _files() == before


def test_an_empty_file_is_as_if_none_was_chosen(ada_desk: AtDesk) -> None:
    """What browsers send for a file field that was left alone."""
    form = composer_of(ada_desk, "comment")
    parts = [f'name="as"\r\n\r\n{form.token()}', 'name="text"\r\n\r\nWords', 'name="picture"; filename=""\r\n\r\n']
    body = "".join(f"--x\r\nContent-Disposition: form-data; {part}\r\n" for part in parts) + "--x--\r\n"
    answer = ada_desk.client.generic("POST", form.address, body, "multipart/form-data; boundary=x")
    assert answer.status_code == 302 and Outgoing.objects.get().picture is None


def test_the_same_form_with_another_picture_asks_first(ada_desk: AtDesk) -> None:
    """Back, a picture added, sent again: the words are the same, and yet it is not what was sent."""

    def file(size: tuple[int, int]) -> SimpleUploadedFile:
        return SimpleUploadedFile("me.png", picture(size=size), content_type="image/png")

    for form in composer_of(ada_desk, "comment").ways():
        Outgoing.objects.all().delete()
        fields = {"as": form.token(), "text": TYPED}
        assert form.send(**fields).status_code in (200, 302)
        asked = form.send(**fields, picture=file((30, 20)))
        assert asked.status_code == 422 and "This was already sent at" in text_of(asked)
        kept = fields_of(asked, form_id(asked.content.decode()))
        assert form.send(**{**kept, "text": TYPED}).status_code in (200, 302)
        again = {"as": kept["as"], "text": TYPED}
        assert form.send(**again, picture=file((30, 20))).status_code in (200, 302)  # the same file, chosen once more
        for other in ({"picture": file((30, 21))}, {}):
            assert form.send(**again, **other).status_code == 422
        words, shown = Outgoing.objects.order_by("pk")
        assert words.picture is None and str(shown.picture_id) == kept["attachment"]


def test_a_good_picture_survives_the_refusal_of_its_words(ada_desk: AtDesk) -> None:
    form = composer_of(ada_desk, "comment", htmx=True)
    file = SimpleUploadedFile("../../etc/me.PNG", picture(), content_type="text/html")
    answer = form.send(**{"as": form.token(), "text": "x" * 1300, "alt": "A teal field", "picture": file})
    form.refused(answer, "too long by 50 characters")
    kept = Attachment.objects.get()
    fields = fields_of(answer, form_id(answer.content.decode()))
    assert (fields["attachment"], fields["alt"]) == (str(kept.pk), "A teal field")
    shown = ada_desk.get("attachment-show", kept.pk)
    assert shown["Content-Type"] == "image/png" and shown.getvalue().startswith(b"\x89PNG")
    assert shown["X-Content-Type-Options"] == "nosniff" and "sandbox" in shown["Content-Security-Policy"]
    answer = form.send(**{**fields, "text": TYPED, "alt": "Another description"})
    assert answer.status_code == 200
    row = Outgoing.objects.get()
    assert row.picture == kept and Attachment.objects.get().alt == "Another description"
    page = ada_desk.get("post-show", ada_desk.post().pk).content.decode()
    assert f'src="/attachments/{kept.pk}/" alt="Another description"' in page
    assert ada_desk.get("outgoing-show", row.uid).status_code == 200


def test_a_picture_alone_needs_no_words(ada_desk: AtDesk) -> None:
    form = composer_of(ada_desk, "comment")
    answer = form.send(**{"as": form.token(), "text": "", "picture": SimpleUploadedFile("a.png", picture())})
    assert answer.status_code == 302 and Outgoing.objects.get().picture is not None


def test_a_description_that_is_too_long_keeps_picture_and_words(ada_desk: AtDesk) -> None:
    form = composer_of(ada_desk, "comment")
    file = SimpleUploadedFile("a.png", picture())
    answer = form.send(**{"as": form.token(), "text": TYPED, "alt": "y" * 501, "picture": file})
    form.refused(answer, "The picture's description is too long: at most 500 characters. Shorten it.", typed=TYPED)
    fields = fields_of(answer, form_id(answer.content.decode()))
    assert fields["alt"] == "y" * 501 and fields["attachment"] == str(Attachment.objects.get().pk)


def test_a_reply_and_an_edit_take_no_picture(ada_desk: AtDesk) -> None:
    for form in composer_of(ada_desk, "reply").ways():
        file = SimpleUploadedFile("a.png", picture())
        answer = form.send(**{"as": form.token(), "text": TYPED, "picture": file})
        form.refused(answer, "LinkedIn does not take pictures in replies.", typed=TYPED)
    page = ada_desk.get("reply-create", ada_desk.comment("Does it stop").pk)
    assert "LinkedIn does not take pictures in replies." in text_of(page) and b'type="file"' not in page.content


@pytest.mark.parametrize("wish", ["x", "", "00000000-0000-4000-8000-000000000000", "urn:li:image:1", "\0"])
def test_a_kept_picture_that_is_not_there_is_said(ada_desk: AtDesk, wish: str) -> None:
    form = composer_of(ada_desk, "comment")
    answer = form.send(**{"as": form.token(), "text": TYPED, "attachment": wish})
    if wish:
        form.refused(answer, "icture", typed=TYPED)
    else:
        assert answer.status_code == 302


def test_nobody_sends_another_persons_picture(ada_desk: AtDesk, bo: AtDesk, other_desk: AtDesk) -> None:
    form = composer_of(ada_desk, "comment")
    for stranger in (bo, other_desk):
        kept = attachments.keep(user=stranger.user, file=io.BytesIO(picture()), size=100)
        answer = form.send(**{"as": form.token(), "text": TYPED, "attachment": str(kept.pk)})
        form.refused(answer, "Choose it again.", typed=TYPED)


def test_the_same_form_with_the_same_picture_twice_is_one_action(ada_desk: AtDesk) -> None:
    post = ada_desk.post()
    token = signing.sign(user=ada_desk.user, post_id=post.pk, actor_urn=ACME, target="post")
    for _ in range(2):
        fields = {"as": token, "text": TYPED, "picture": SimpleUploadedFile("a.png", picture())}
        assert ada_desk.client.post(f"/posts/{post.pk}/comments/", fields, headers=HTMX).status_code == 200
    assert Outgoing.objects.count() == 1


def grant_all_but(desk: AtDesk, missing: str) -> None:
    connection = desk.user.connection
    connection.scopes = [scope for scope in (*rights.ASKED, *rights.OLDER) if scope != missing]
    connection.save()


AS_ONESELF = "LinkedIn did not grant uploading pictures as yourself (w_member_social)."
AS_BIRCH = "Uploading pictures as Birch & Co needs the role Administrator or Sponsored content poster; yours is Recru"
AS_ACME = "LinkedIn did not grant uploading pictures as Acme Robotics (w_organization_social)."


def reasons(answer: Any) -> dict[str, str]:
    """What each actor of a composer is said about pictures."""
    options = re.findall(r'<option [^>]*data-name="([^"]*)" data-no-picture="([^"]*)"', answer.content.decode())
    return {html.unescape(name): html.unescape(why) for name, why in options}


@pytest.mark.parametrize("missing", ["w_member_social", "w_organization_social"])
def test_the_composer_judges_pictures_by_the_actor_as_the_acceptance_does(ada_desk: AtDesk, missing: str) -> None:
    PageRole.objects.filter(organization=ada_desk.birch).update(role="RECRUITING_POSTER")
    grant_all_but(ada_desk, missing)
    told = reasons(ada_desk.get("post-show", ada_desk.post().pk))
    assert bool(told["Ada Berg"]) is (missing == "w_member_social")
    assert bool(told["Acme Robotics"]) is (missing == "w_organization_social")
    assert told["Ada Berg"] in ("", AS_ONESELF) and told["Acme Robotics"] in ("", AS_ACME)
    assert told["Birch & Co"].startswith(AS_BIRCH)
    for name, actor in (("Ada Berg", ADA), ("Acme Robotics", ACME), ("Birch & Co", BIRCH)):
        words = ""
        try:
            check_upload(User.objects.get(pk=ada_desk.user.pk), ada_desk.acme, actor)
        except Refused as refusal:
            words = refusal.words
        assert words == (f"{told[name]} Send without the picture, or as somebody else." if told[name] else "")


def test_who_may_not_own_a_picture_is_told_and_keeps_it_for_another(ada_desk: AtDesk) -> None:
    grant_all_but(ada_desk, "w_member_social")
    form = composer_of(ada_desk, "comment")
    file = SimpleUploadedFile("a.png", picture())
    answer = form.send(**{"as": form.token(actor=ADA), "text": TYPED, "alt": "Teal", "picture": file})
    form.refused(answer, f"{AS_ONESELF} Send without the picture, or as somebody else.", typed=TYPED)
    fields = fields_of(answer, form_id(answer.content.decode()))
    assert (fields["attachment"], fields["alt"]) == (str(Attachment.objects.get().pk), "Teal")
    assert f'<p class="composer__why-not">{AS_ONESELF}</p>' in answer.content.decode()
    answer = form.send(**{**fields, "as": form.token()})
    assert answer.status_code == 302
    assert (Outgoing.objects.get().actor_urn, Outgoing.objects.get().picture) == (ACME, Attachment.objects.get())


def test_a_picture_may_be_owned_by_a_person_where_the_page_may_own_none(ada_desk: AtDesk) -> None:
    grant_all_but(ada_desk, "w_organization_social")
    page = ada_desk.get("post-show", ada_desk.post().pk).content.decode()
    assert 'type="file"' in page and f'<p class="composer__why-not">{AS_ACME}</p>' in page
    page = ada_desk.get("post-show", ada_desk.post().pk, **{"as": "me"}).content.decode()
    assert '<details class="composer__why" hidden>' in page
    form = composer_of(ada_desk, "comment")
    fields = {"as": form.token(actor=ADA), "text": TYPED, "picture": SimpleUploadedFile("a.png", picture())}
    assert form.send(**fields).status_code == 302 and Outgoing.objects.get().picture is not None


def _files() -> set[Path]:
    return set(attachments.folder().glob("*"))

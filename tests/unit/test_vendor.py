"""The copied files of others are what the list says, and the list is complete."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.staticfiles.storage import ManifestStaticFilesStorage
from django.core.files.storage import FileSystemStorage

ROOT = Path(__file__).resolve().parents[2]
LIST = ROOT / "static/vendor/VENDOR.txt"
ROWS = [line.split(" | ") for line in LIST.read_text().splitlines() if line.count(" | ") == 4][1:]
PICKER = (ROOT / "static/vendor/emoji-picker/picker.js").read_text()


@pytest.mark.parametrize("row", ROWS, ids=lambda row: str(row[3]))
def test_file_is_the_one_in_the_list(row: list[str]) -> None:
    _name, _version, _licence, file, sha256 = row
    assert hashlib.sha256((ROOT / file).read_bytes()).hexdigest() == sha256


def test_every_copied_file_is_in_the_list() -> None:
    found = {
        path for folder in ("static/vendor", "tests/vendor") for path in (ROOT / folder).rglob("*") if path.is_file()
    }
    assert {str(path.relative_to(ROOT)) for path in found - {LIST}} == {row[3] for row in ROWS}


def test_copied_scripts_fetch_nothing_from_a_packages_server() -> None:
    for _name, _version, _licence, file, _sha256 in ROWS:
        assert not re.search(r"npmjs|jsdelivr|unpkg", (ROOT / file).read_text()), file


def test_manifest_storage_takes_the_copied_files(tmp_path: Path) -> None:
    source = FileSystemStorage(location=ROOT / "static")
    storage = ManifestStaticFilesStorage(location=tmp_path, base_url="/static/")
    paths = [row[3].removeprefix("static/") for row in ROWS if row[3].startswith("static/")]
    outcomes = list(storage.post_process({path: (source, path) for path in paths}))
    assert {name for name, _hashed, _changed in outcomes} == set(paths)
    assert not [done for _name, _hashed, done in outcomes if isinstance(done, Exception)]


def test_policy_allows_the_style_of_the_emoji_picker() -> None:
    style = re.search(r'^var baseStyles = (".*");$', PICKER, re.MULTILINE)
    fonts = re.search(r"^const FONT_FAMILY = (.*?);", PICKER, re.MULTILINE | re.DOTALL)
    assert style is not None and fonts is not None
    family = "".join(re.findall(r"'([^']*)'", fonts[1]))
    text = json.loads(style[1]) + ":host{--emoji-font-family:" + family + "}"
    digest = "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    assert digest in LIST.read_text()
    assert f"'{digest}'" in settings.CONTENT_SECURITY_POLICY["DIRECTIVES"]["style-src-elem"]

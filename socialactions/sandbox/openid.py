"""Sign-in documents: discovery, keys, and the signed `id_token`. The key is made when first needed and never kept."""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode
from functools import lru_cache
from typing import TYPE_CHECKING

from .exchange import Answer, Request, answer_json
from .records import Json, Token
from .world import CLIENT_ID, World

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

KEY_ID = "sandbox"
ISSUER = "https://www.linkedin.com/oauth"


def discovery(world: World, request: Request) -> Answer:
    base = request.base_url
    return answer_json(
        {
            "issuer": ISSUER,
            "authorization_endpoint": f"{base}/oauth/v2/authorization",
            "token_endpoint": f"{base}/oauth/v2/accessToken",
            "userinfo_endpoint": f"{base}/v2/userinfo",
            "jwks_uri": f"{base}/oauth/openid/jwks",
            "response_types_supported": ["code"],
            "subject_types_supported": ["pairwise"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "scopes_supported": ["openid", "profile", "email"],
            "claims_supported": [
                *("iss", "aud", "iat", "exp", "sub", "name", "given_name", "family_name", "picture"),
                *("email", "email_verified", "locale"),
            ],
        }
    )


def jwks(world: World, request: Request) -> Answer:
    numbers = _key().public_key().public_numbers()
    key = {"kty": "RSA", "use": "sig", "alg": "RS256", "kid": KEY_ID, "n": _whole(numbers.n), "e": _whole(numbers.e)}
    return answer_json({"keys": [key]})


def id_token(world: World, token: Token) -> str:
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
    from cryptography.hazmat.primitives.hashes import SHA256

    member = world.members[token.member]
    now = int(world.now_s())
    claims: Json = {"iss": ISSUER, "aud": CLIENT_ID, "iat": now, "exp": now + 3600, "sub": member.id}
    if "profile" in token.scopes:
        claims |= {"name": member.name, "given_name": member.first, "family_name": member.last}
    head = {"alg": "RS256", "typ": "JWT", "kid": KEY_ID}
    signed = b".".join(_b64(json.dumps(part).encode()) for part in (head, claims))
    return b".".join((signed, _b64(_key().sign(signed, PKCS1v15(), SHA256())))).decode()


@lru_cache(maxsize=1)
def _key() -> RSAPrivateKey:
    from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key

    return generate_private_key(public_exponent=65537, key_size=2048)


def _whole(number: int) -> str:
    return _b64(number.to_bytes((number.bit_length() + 7) // 8, "big")).decode()


def _b64(content: bytes) -> bytes:
    return urlsafe_b64encode(content).rstrip(b"=")

"""Proofs of identity, against the worked example of the standard."""

import pytest

from tests.asterisk.phones.digest import Challenge, Credentials, NoMd5, proof

ASKED = (
    'Digest realm="testrealm@host.com", qop="auth,auth-int", '
    'nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", opaque="5ccc069c403ebaf9f0171e9517f40e41"'
)
MUFASA = Credentials("Mufasa", "Circle Of Life")


def test_the_example_of_rfc_2617() -> None:
    said = proof(Challenge.first_of([ASKED]), MUFASA, "GET", "/dir/index.html", cnonce="0a4f113b")
    assert 'response="6629fae49393a05397450978507c4ef1"' in said
    assert said.startswith('Digest username="Mufasa", realm="testrealm@host.com"')
    assert "qop=auth, nc=00000001" in said
    assert 'opaque="5ccc069c403ebaf9f0171e9517f40e41"' in said


def test_without_quality_the_older_form_is_used() -> None:
    challenge = Challenge.first_of(['Digest realm="asterisk", nonce="abc"'])
    said = proof(challenge, MUFASA, "REGISTER", "sip:pbx", cnonce="unused")
    assert "cnonce" not in said
    assert "nc=" not in said
    assert 'response="c199c3a93301612d28e1899fda349ae9"' in said


def test_the_challenge_that_md5_can_meet_is_taken() -> None:
    stronger = 'Digest realm="a", nonce="n1", algorithm=SHA-256, qop="auth"'
    assert Challenge.first_of([stronger, 'Digest realm="a", nonce="n2", algorithm=MD5']).nonce == "n2"
    with pytest.raises(NoMd5):
        Challenge.first_of([stronger])

"""The stand-in for a login: it works, and says what it is."""

import warnings
from urllib.parse import parse_qs, urlsplit

import pytest
from flask.testing import FlaskClient

USER = "saksbehandler@bergen.example"
AUTHORIZE = "/oauth2/authorize?response_type=code&client_id=x&redirect_uri=http://127.0.0.1:1/cb&scope=openid&nonce=1"


@pytest.fixture(scope="module")
def client() -> FlaskClient:
    # Its libraries announce their own future at import.
    with warnings.catch_warnings(record=True):
        warnings.simplefilter("ignore")
        from libs.cli.mock_oidc import build
    return build([USER]).test_client()


def test_the_page_says_that_it_is_no_real_login_and_asks_nothing_of_the_net(client: FlaskClient) -> None:
    page = client.get(AUTHORIZE).text
    assert "Dette er ikke en ekte innlogging" in page
    assert USER in page
    assert "https://" not in page


def test_a_chosen_user_is_sent_back_with_a_code(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUTHLIB_INSECURE_TRANSPORT", "1")
    answer = client.post(AUTHORIZE, data={"sub": USER})
    assert answer.status_code == 302
    assert parse_qs(urlsplit(answer.headers["Location"]).query)["code"]


def test_an_error_shows_no_debugger(client: FlaskClient) -> None:
    answer = client.get("/oauth2/authorize")
    assert answer.status_code >= 400
    assert "debugger" not in answer.text.lower()

"""python -m libs.cli.mock_oidc --port N USER...: a stand-in for the kommune's login, for the demo only.

Anyone may be anyone here. It stands on the loopback address, says on each page that it is no real login, and asks
nothing of the net.
"""

import argparse
import logging
import os
import sys
from typing import cast

import flask
import werkzeug.serving
from jinja2 import ChoiceLoader, DictLoader
from oidc_provider_mock import User, app

HOST = "127.0.0.1"
_PAGE = """<!doctype html>
<html lang="nb">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Prøveinnlogging</title>
<style>
  body { font: 1.1rem/1.5 sans-serif; margin: 0 auto; max-width: 40rem; padding: 1rem; }
  .mark { background: #ffe9a8; border: 2px solid #7a5200; padding: 0.5rem 1rem; }
  button, input { font: inherit; margin: 0.25rem; padding: 0.4rem 0.8rem; }
</style>
<p class="mark"><strong>Prøveinnlogging.</strong> Dette er ikke en ekte innlogging. Den hører til en demo på denne
maskinen, og hvem som helst kan velge å være hvem som helst.</p>
<main>{% block content %}{{ content }}{% endblock %}</main>
</html>
"""
_FORM = """{% extends "_base.html" %}
{% block content %}
<h1>Hvem er du?</h1>
{% if sub_missing %}<p role="alert">Skriv hvem du er, eller velg en under.</p>{% endif %}
{% for sub in predefined_users %}
<form method="post"><button name="sub" value="{{ sub }}">{{ sub }}</button></form>
{% endfor %}
<form method="post">
  <label for="sub">En annen</label> <input id="sub" name="sub" autocomplete="off"> <button>Logg inn</button>
</form>
<form method="post"><button name="action" value="deny">Avbryt</button></form>
<p>Du sendes til {{ redirect_uri }}.</p>
{% endblock %}
"""
_TEMPLATES = {"_base.html": _PAGE, "authorization_form.html": _FORM}


def build(users: list[str]) -> flask.Flask:
    """The provider; `users` can be chosen with one click."""
    known = [User(sub=user, claims={"email": user}) for user in users]
    provider = cast("flask.Flask", app(user_claims=known))
    templates = [loader for loader in (DictLoader(_TEMPLATES), provider.jinja_loader) if loader]
    provider.jinja_loader = ChoiceLoader(templates)
    # Its author left the interactive debugger on; an error shall be a plain page here.
    provider.debug = False
    vars(provider).pop("wsgi_app")
    return provider


def main(arguments: list[str]) -> None:
    """Serves until it is ended."""
    parser = argparse.ArgumentParser(prog="libs.cli.mock_oidc")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("users", nargs="*")
    options = parser.parse_args(arguments)
    os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"  # The loopback address needs no TLS.
    logging.getLogger("werkzeug").setLevel(logging.WARNING)  # Its lines carry the query, and so the user.
    werkzeug.serving.make_server(HOST, options.port, build(options.users), threaded=True).serve_forever()


if __name__ == "__main__":
    main(sys.argv[1:])

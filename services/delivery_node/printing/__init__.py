"""A melding as a tagged PDF (PDF/UA-1), made in memory by typst; the text of a melding is data there, never markup."""

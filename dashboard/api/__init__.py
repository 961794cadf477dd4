"""The JSON API: a sibling of the views, thin over the same services and queries. `document.py` puts it together."""

"""The Django project and everything a browser sees. Empty on purpose: `bootstrap` must import without Django."""

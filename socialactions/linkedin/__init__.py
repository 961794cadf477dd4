"""LinkedIn's Community Management API as plain Python: usable by itself, nothing of Django in it.

Start at `client.LinkedIn`; signing in is `oauth.OAuth`; a whole thread is `tree.read_tree`. Docs: docs/linkedin.md.
"""

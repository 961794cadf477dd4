"""A small LinkedIn to run against: its rules, its faults and its open questions as switches.

Plain Python: nothing of Django, nothing of our client but `urns`. What encodes must not also judge the encoding.
"""

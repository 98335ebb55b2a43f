"""Every sentence we say, in Vietnamese and English.

In: a code and its values. Out: a sentence.
Never: a decision.
"""

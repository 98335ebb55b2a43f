"""One file per lienthong command.

In: words typed in a shell. Out: running parts, printed answers.
Never: business rules, SQL.
"""

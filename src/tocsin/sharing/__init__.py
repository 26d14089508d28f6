"""What may leave a nation, how coarse, and what may come in. Rules are data; what no rule names does not leave.

``rules`` reads a policy, ``decide`` finds the one rule, ``reduce`` strips and coarsens, ``release`` joins the three,
``admit`` checks what a partner sent, ``explain`` says what a partner would get. No bytes and
no keys here: those are in ``wire`` and ``guard``. Written from docs/release-table.md, as the guard is, separately.
"""

"""Truth and notional sensors: scenarios from published facts, flights, aircraft, and what each sensor would report of them.

Used by the demo, the tests and the benchmarks; nothing in the live path imports it.
"""

"""National tracks of one object become one fused track; no plots, no events, no sharing rules here."""

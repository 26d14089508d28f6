"""Colours and type of the report: one palette for light and dark, named by what is drawn. No outside font, image or script.

Nation colours: Okabe and Ito's palette for all kinds of colour vision (jfly.uni-koeln.de/color, 2008), lightened for dark paper; a nation
is also told by its dash and width.
"""

from typing import Final

NATION_STYLES: Final = 6  # classes n0 .. n5; further nations begin again

LIGHT: Final = """
--paper:#fbfaf7;--card:#ffffff;--ink:#17202a;--soft:#57636f;--rule:#d9dcdf;--plot:#f6f7f8;--sea:#e6eef4;--land:#f2ede1;--coast:#a89f8b;
--n0:#0063a6;--n1:#c2410c;--n2:#00805e;--n3:#8b3f8f;--n4:#8a6d00;--n5:#3a7ca5;--joint:#17202a;--truth:#8b95a0;--limit:#7a4ba8;
--mark:#a32020;--mark-paper:#fbe9e4;--alarm:#b42318;--calm:#2f7d4f;--air:#7d8791;
"""
DARK: Final = """
--paper:#101519;--card:#182026;--ink:#e9edf0;--soft:#a3afb9;--rule:#36424c;--plot:#141b20;--sea:#14202a;--land:#2a2f2c;--coast:#5d675f;
--n0:#5eb3f0;--n1:#ff9b62;--n2:#3fcf9f;--n3:#dd95e0;--n4:#e4c552;--n5:#8cc7ea;--joint:#f3f5f7;--truth:#7f8b96;--limit:#bd9be6;
--mark:#ff8f7a;--mark-paper:#3a1d1a;--alarm:#ff7a68;--calm:#6fce95;--air:#8b969f;
"""
SHAPES: Final = """
svg{display:block;width:100%;height:auto;font-family:var(--sans);font-size:12px;fill:none}
svg text{fill:var(--ink);stroke:none}
svg .tick,svg .small{fill:var(--soft);font-size:11px}
svg .axis{fill:var(--soft);font-size:12px}
svg .key{font-size:12px}
svg .head{font-size:14px;font-weight:650}
svg .on-bar{fill:var(--card);font-size:10.5px;font-weight:600}
svg .halo{paint-order:stroke;stroke:var(--paper);stroke-width:3.5px;stroke-linejoin:round}
svg .seahalo{paint-order:stroke;stroke:var(--sea);stroke-width:3.5px;stroke-linejoin:round}
svg .plot{fill:var(--plot);stroke:var(--rule)}
svg .grid{stroke:var(--rule);stroke-width:1}
svg .sea{fill:var(--sea)}
svg .land{fill:var(--land);stroke:var(--coast);stroke-width:.7}
svg .country{fill:var(--soft);font-size:13px;letter-spacing:.18em}
svg .graticule{stroke:var(--coast);stroke-width:.5;opacity:.35}
svg .limit{stroke:var(--limit);stroke-width:1.6;stroke-dasharray:9 4 2 4}
svg .limit-text{fill:var(--limit);font-size:11.5px}
svg .box{fill:var(--card);stroke:var(--rule);opacity:.94}
svg .truth{stroke:var(--truth);stroke-width:1.4}
svg .key,svg .small,svg .tick{pointer-events:none}
svg .truth-mark{stroke:var(--ink);stroke-width:2}
svg .air{stroke:var(--air);stroke-width:1.1;stroke-dasharray:1.5 3.5;stroke-linecap:round}
svg .joint{stroke:var(--joint);stroke-width:2.4}
svg .joint-area{fill:var(--joint);fill-opacity:.1;stroke:var(--joint);stroke-width:2.4}
svg .joint-dot{fill:var(--joint)}
svg .event{stroke:var(--soft);stroke-width:1;stroke-dasharray:2 3}
svg .lane{stroke:var(--rule);stroke-width:1}
svg .shade{fill:var(--soft);fill-opacity:.08}
svg .quiet{opacity:.6}
svg .miss{fill:var(--mark);font-size:11px}
svg .bar-calm{fill:var(--calm);fill-opacity:.35;stroke:var(--calm)}
svg .calm-dot{fill:var(--calm)}
svg .stamp{fill:var(--mark);font-size:13px;font-weight:700;letter-spacing:.25em}
svg .sheet{fill:var(--paper)}
svg svg{width:auto;height:auto}
"""
DASHES: Final = ("none", "7 3", "2 3", "10 3 2 3", "4 2", "1 3")
WIDTHS: Final = (2.0, 2.2, 2.6, 2.0, 2.2, 2.6)
BANDS: Final = (10.0, 6.6, 3.4, 10.0, 6.6, 3.4)  # tracks of one object lie on each other: wide ones below narrow ones
PAGE: Final = """
*{box-sizing:border-box}
html{background:var(--paper);color:var(--ink);font:15px/1.5 var(--sans);-webkit-text-size-adjust:100%;scroll-padding-top:8.5rem}
body{margin:0;border:6px dashed var(--mark);min-height:100vh}
body.live{border:0}
.mark{background:var(--mark-paper);color:var(--mark);text-align:center;font-weight:700;letter-spacing:.3em;padding:.35rem 1rem}
.mark small{display:block;letter-spacing:.02em;font-weight:500;font-size:.8rem}
main{max-width:1220px;margin:0 auto;padding:0 1.5rem 2rem}
h1{font-size:1.75rem;line-height:1.2;margin:1.4rem 0 .3rem;letter-spacing:-.01em}
h2{font-size:1.15rem;margin:2.6rem 0 .4rem;padding-top:.6rem;border-top:2px solid var(--ink)}
h3{font-size:.95rem;margin:1.2rem 0 .3rem}
p{margin:.3rem 0 .6rem;max-width:90ch}
.soft,.note{color:var(--soft);font-size:.86rem}
.strip{position:sticky;top:0;z-index:2;background:var(--paper);border-bottom:2px solid var(--ink)}
.strip>div{max-width:1220px;margin:0 auto;padding:.5rem 1.5rem;display:grid;grid-template-columns:repeat(3,1fr);gap:1.5rem}
.strip h2{border:0;margin:0;padding:0;font-size:.7rem;letter-spacing:.14em;text-transform:uppercase;color:var(--soft)}
.strip p{margin:0;font-size:.86rem;line-height:1.35}
.strip .big{font-size:1.05rem;font-weight:650}
.bought{margin:.4rem 0;padding:0;list-style:none;display:grid;grid-template-columns:repeat(3,1fr);gap:1rem}
.bought li{background:var(--card);border:1px solid var(--rule);border-top:4px solid var(--n0);padding:.7rem .9rem}
.bought li:nth-child(2){border-top-color:var(--n2)}
.bought li:nth-child(3){border-top-color:var(--n1)}
.bought h3{margin:0 0 .2rem}
.bought p{margin:0 0 .35rem;font-size:.88rem}
figure{margin:.6rem 0 1rem}
figcaption{color:var(--soft);font-size:.86rem;max-width:100ch}
.two{display:grid;grid-template-columns:repeat(2,minmax(0,1fr));gap:1rem}
.cards{display:grid;grid-template-columns:repeat(3,minmax(0,1fr));gap:1rem}
.card{background:var(--card);border:1px solid var(--rule);padding:.8rem 1rem;white-space:pre-line;font-size:.9rem}
.card h3{margin-top:0}
.wide{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-size:.86rem;font-variant-numeric:tabular-nums}
caption{text-align:left;font-weight:650;font-size:.95rem;padding:.2rem 0 .4rem}
th{font-weight:600;color:var(--soft);text-align:right;vertical-align:bottom;border-bottom:1.5px solid var(--ink);padding:.25rem .55rem}
td{text-align:right;border-bottom:1px solid var(--rule);padding:.22rem .55rem}
th.word,td.word{text-align:left}
tr.break td{border-top:1.5px solid var(--soft)}
tr.strong td{font-weight:650}
tr.dim td{color:var(--soft)}
details{border:1px solid var(--rule);background:var(--card);padding:.4rem .9rem;margin:.4rem 0}
summary{cursor:pointer;font-weight:600}
nav{font-size:.84rem;margin:.4rem 0 0;display:flex;flex-wrap:wrap;gap:.1rem .95rem}
nav a{white-space:nowrap}
a{color:var(--n0)}
ul.plain{padding-left:1.1rem;margin:.3rem 0}
@media (max-width:820px){.two,.cards,.bought,.strip>div{grid-template-columns:1fr}.strip{position:static}}
@media print{html{font-size:11px}.strip{position:static}figure,table,.card{break-inside:avoid}h2{break-after:avoid}}
@media print{details::details-content{content-visibility:visible;display:block}}
@page{margin:12mm}
"""
SANS: Final = '--sans:system-ui,-apple-system,"Segoe UI","Noto Sans",Roboto,Helvetica,Arial,sans-serif;'


def nation_class(index: int) -> str:
    """Return the style class of a coalition's n-th nation."""
    return f"n{index % NATION_STYLES}"


def picture_style() -> str:
    """Return the style sheet of a figure that stands alone (light, or dark where the reader's screen is)."""
    return f":root{{{SANS}{_flat(LIGHT)}}}@media (prefers-color-scheme:dark){{:root{{{_flat(DARK)}}}}}{_flat(SHAPES)}{_nations()}"


def page_style() -> str:
    """Return the style sheet of the page; on paper it is always light."""
    return f"{picture_style()}{_flat(PAGE)}@media print{{:root{{{_flat(LIGHT)}}}}}"


def _nations() -> str:
    """Classes of each nation: line, band, area, filled mark, open mark, text."""
    rules = []
    for index in range(NATION_STYLES):
        colour, name = f"var(--n{index})", f"svg .n{index}"
        rules += [
            f"{name}-line{{stroke:{colour};stroke-width:{WIDTHS[index]};stroke-dasharray:{DASHES[index]}}}",
            f"{name}-band{{stroke:{colour};stroke-width:{BANDS[index]};stroke-opacity:.9;stroke-linecap:butt}}",
            f"{name}-reach{{stroke:{colour};stroke-width:1.1;stroke-opacity:.55;stroke-dasharray:{DASHES[index]}}}",
            f"{name}-area{{fill:{colour};fill-opacity:.13;stroke:{colour};stroke-width:1.6;stroke-dasharray:{DASHES[index]}}}",
            f"{name}-dot{{fill:{colour}}}",
            f"{name}-open{{fill:var(--card);stroke:{colour};stroke-width:1.8}}",
            f"{name}-bar{{fill:{colour};fill-opacity:.75;stroke:{colour}}}",
            f"{name}-text{{fill:{colour};font-size:11px;font-weight:600}}",
        ]
    return "".join(rules)


def _flat(sheet: str) -> str:
    return "".join(line.strip() for line in sheet.splitlines())

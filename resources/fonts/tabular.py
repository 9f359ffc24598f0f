#!/usr/bin/env python3
"""Makes the bundled fonts: Inter with tabular figures as its ordinary figures.

Qt 6.4 cannot switch OpenType features on, so the feature "tnum" is frozen for the ten digits: the character map
points at the tabular glyphs. Punctuation stays proportional. The family gets a name of its own, so that it never
mixes with an installed Inter, and glyphs that only alternative styles use are left out.

Inter has no place for a bar or a tilde above β, whose bowl would hide them: it gets one.

Needs Debian's python3-fonttools and fonts-inter. Usage: tabular.py [folder with Inter-Regular.otf …]
"""
import pathlib
import sys

from fontTools import subset
from fontTools.otlLib import builder
from fontTools.pens.boundsPen import BoundsPen
from fontTools.ttLib import TTFont

FAMILY = "Diffuscope Sans"
STYLES = {"Regular": 400, "Medium": 500, "SemiBold": 600}


def tabular_digits(font):
    gsub = font["GSUB"].table
    lookups = {
        index
        for record in gsub.FeatureList.FeatureRecord
        if record.FeatureTag == "tnum"
        for index in record.Feature.LookupListIndex
    }
    mapping = {}
    for index in lookups:
        for table in gsub.LookupList.Lookup[index].SubTable:
            mapping.update(getattr(table, "ExtSubTable", table).mapping)
    for table in font["cmap"].tables:
        if table.isUnicode():
            for code in range(ord("0"), ord("9") + 1):
                name = table.cmap[code]
                table.cmap[code] = mapping.get(name, name)  # several tables may share one map
    # Interpolated weights are off by a unit or two.
    best = font.getBestCmap()
    width = font["hmtx"][best[ord("0")]][0]
    for code in range(ord("0"), ord("9") + 1):
        _, bearing = font["hmtx"][best[code]]
        font["hmtx"][best[code]] = (width, bearing)


def marks_above_beta(font):
    glyphs, cmap = font.getGlyphSet(), font.getBestCmap()

    def bounds(name):
        pen = BoundsPen(glyphs)
        glyphs[name].draw(pen)
        return pen.bounds

    beta = cmap[ord("β")]
    left, _, right, top = bounds(beta)
    gap = font["head"].unitsPerEm // 28
    marks = {}
    for code in (0x0303, 0x0304):
        low, bottom, high, _ = bounds(cmap[code])
        marks[cmap[code]] = (0, builder.buildAnchor(round((low + high) / 2), round(bottom)))
    bases = {beta: {0: builder.buildAnchor(round((left + right) / 2), round(top + gap))}}
    above = builder.buildMarkBasePos(marks, bases, font.getReverseGlyphMap())
    table = font["GPOS"].table
    for record in table.FeatureList.FeatureRecord:
        if record.FeatureTag == "mark":
            lookup = table.LookupList.Lookup[record.Feature.LookupListIndex[0]]
            lookup.SubTable.extend(above)
            lookup.SubTableCount = len(lookup.SubTable)
            return
    raise SystemExit("the font places no marks")


def rename(font, style):
    names = font["name"]
    full = f"{FAMILY} {style}"
    postscript = full.replace(" ", "")
    by_id = {1: full if style != "Regular" else FAMILY, 2: "Regular", 3: postscript, 4: full, 6: postscript,
             16: FAMILY, 17: style}
    for number, text in by_id.items():
        names.removeNames(nameID=number)
        names.setName(text, number, 3, 1, 0x409)
    top = font["CFF "].cff.topDictIndex[0]
    font["CFF "].cff.fontNames[0] = postscript
    top.FullName, top.FamilyName = full, FAMILY


def main():
    source = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "/usr/share/fonts/opentype/inter")
    here = pathlib.Path(__file__).parent
    for style, weight in STYLES.items():
        font = TTFont(source / f"Inter-{style}.otf", recalcTimestamp=False)
        assert font["OS/2"].usWeightClass == weight
        tabular_digits(font)
        options = subset.Options()
        options.layout_features = ["ccmp", "locl", "mark", "mkmk", "kern"]
        options.name_IDs = ["*"]
        options.notdef_outline = True
        options.hinting = False
        subsetter = subset.Subsetter(options)
        private_use = range(0xE000, 0xF900)
        subsetter.populate(unicodes=[code for code in font.getBestCmap() if code not in private_use])
        subsetter.subset(font)
        marks_above_beta(font)
        rename(font, style)
        font.save(here / f"DiffuscopeSans-{style}.otf")


main()

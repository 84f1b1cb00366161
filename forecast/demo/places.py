"""The places of Demoland, which is nowhere: provinces, districts with their town and people, depots, the river, the outline."""

PROVINCES = {"XD01": "Aruvela", "XD02": "Belmaru", "XD03": "Corvanda"}

# district, name, lon and lat of its town, people served by the operation in mid-2026, mobile towers
DISTRICTS = (
    ("XD0101", "Tamuri", 39.507, 3.502, 1600, 1),
    ("XD0102", "Kelbado", 39.881, 3.534, 1900, 1),
    ("XD0103", "Sorinja", 38.658, 3.294, 2100, 1),
    ("XD0104", "Maduwe", 39.155, 3.335, 2400, 2),
    ("XD0105", "Harbela", 39.769, 3.152, 2700, 2),
    ("XD0106", "Notari", 38.745, 2.804, 2300, 1),
    ("XD0107", "Oruma", 39.346, 2.778, 6400, 4),
    ("XD0108", "Besenka", 39.851, 2.774, 2900, 2),
    ("XD0109", "Wadiru", 38.877, 2.360, 1800, 1),
    ("XD0110", "Lomeja", 38.466, 2.268, 1400, 1),
    ("XD0111", "Kirandu", 39.374, 2.282, 3100, 2),
    ("XD0112", "Tulobe", 38.981, 1.869, 1700, 1),
    ("XD0113", "Enzola", 38.474, 1.778, 900, 0),
    ("XD0201", "Yalora", 40.854, 3.403, 2600, 2),
    ("XD0202", "Dumesi", 40.313, 3.337, 2000, 1),
    ("XD0203", "Garibane", 41.336, 3.289, 2800, 2),
    ("XD0204", "Hesulo", 41.047, 3.179, 3200, 2),
    ("XD0205", "Rovanda", 41.591, 2.966, 2200, 2),
    ("XD0206", "Isbeko", 40.339, 2.865, 2500, 2),
    ("XD0207", "Maloruna", 40.690, 2.919, 2700, 2),
    ("XD0208", "Teridan", 41.143, 2.780, 5900, 4),
    ("XD0209", "Quorame", 41.455, 2.564, 1900, 1),
    ("XD0210", "Uldara", 40.299, 2.443, 2400, 2),
    ("XD0211", "Sembiro", 40.712, 2.419, 3000, 2),
    ("XD0212", "Fanuke", 41.086, 2.409, 2100, 2),
    ("XD0213", "Abroli", 41.482, 2.113, 1500, 1),
    ("XD0214", "Zirema", 41.034, 1.994, 1700, 1),
    ("XD0215", "Ponduli", 41.495, 1.733, 1200, 1),
    ("XD0301", "Nebari", 39.895, 2.327, 3000, 2),
    ("XD0302", "Junolo", 40.214, 1.963, 3600, 2),
    ("XD0303", "Estuma", 39.428, 1.851, 2800, 2),
    ("XD0304", "Maravo", 39.811, 1.930, 9200, 6),
    ("XD0305", "Lusindo", 40.705, 1.876, 2300, 2),
    ("XD0306", "Okaberu", 40.993, 1.564, 1900, 1),
    ("XD0307", "Vandira", 39.445, 1.502, 2100, 2),
    ("XD0308", "Pelano", 39.890, 1.465, 2600, 2),
    ("XD0309", "Sutama", 40.743, 1.466, 2000, 2),
    ("XD0310", "Rimbela", 41.344, 1.468, 800, 0),
    ("XD0311", "Goduri", 38.898, 1.435, 1300, 1),
    ("XD0312", "Hilareno", 40.317, 1.344, 2200, 2),
)

# depot, name, lon, lat: the capital and two provincial ones
DEPOTS = (
    ("D01", "Maravo central depot", 39.84, 1.95),
    ("D02", "Oruma provincial depot", 39.37, 2.76),
    ("D03", "Teridan provincial depot", 41.11, 2.75),
)

RIVER = ((39.30, 3.45), (39.90, 3.00), (40.30, 2.60), (40.60, 2.20), (40.84, 1.80), (40.86, 1.40), (40.95, 1.20))
"""From the highlands of the north-west to the plain of the south-east, lon and lat."""

OUTLINE = (
    (38.35, 1.55), (38.90, 1.18), (39.60, 1.32), (40.20, 1.10), (40.90, 1.28), (41.45, 1.22), (41.72, 1.75), (41.60, 2.30),
    (41.85, 2.85), (41.55, 3.35), (41.10, 3.62), (40.50, 3.48), (39.90, 3.80), (39.30, 3.66), (38.75, 3.72), (38.30, 3.25),
    (38.42, 2.65), (38.15, 2.15),
)  # fmt: skip

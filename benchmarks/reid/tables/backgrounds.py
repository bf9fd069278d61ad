"""What other backgrounds add to distillation: replaced or masked, outside an average outline of a person or a parser's."""

from benchmarks.reid.table import Row, Table

_PARSED = ("outlines=parser_light",)

BACKGROUNDS = Table(
    "backgrounds",
    "Distillation: the effect of replaced and masked backgrounds, by outline",
    recipe="robust_distilled",
    size=(160, 64),
    rows=(
        Row("backgrounds as they are", ("background=0",)),
        Row("replaced, parser's outline", ("background=0.6", *_PARSED)),
        Row("masked, parser's outline", ("background=0", "masked=0.6", *_PARSED)),
        Row("replaced, average outline", ("background=0.6",)),
    ),
    # Ten minutes per row on one core. The image size stays, since initial weights work at this size only.
    small=(
        "identities_per_batch=8",
        "unlabelled_per_batch=0",
        "composites_per_batch=0",
        "learning_rate=0.001",
        "precision=float32",
    ),
    small_sides=(1.0, 1.0),
    small_identities=128,
    over="backgrounds as they are",
)

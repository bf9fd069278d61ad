"""What each part of learning from teachers is worth, at home and at a site nobody trained on: an ablation of our own."""

from benchmarks.reid.table import Row, Table
from reid.weights.weights_file import SHIPPED

_COLOUR = ("colour_jitter=0", "channel_gain=0", "gamma=0", "light=0", "grey=0")
_RESOLUTION = ("low_resolution=0", "blur=0", "jpeg=0")
_CROPS = ("bad_crops=0",)
_BACKGROUND = ("background=0",)
# Labels say nothing of the other images, which also make batch normalisation another: so what teachers add is told without them.
_LABELLED = ("unlabelled_per_batch=0",)

DISTILLATION = Table(
    "distillation",
    "Distillation: what teachers, labels and each change of the images are worth",
    recipe="hacnn_distilled",
    size=(80, 32),
    rows=(
        Row("labels and teachers", run="all"),
        Row("no unlabelled images", _LABELLED),
        Row("labels alone", (*_LABELLED, "embedding_weight=0", "relation_weight=0"), teachers=0, over="no unlabelled images"),
        Row("teachers alone", ("identity_weight=0", "triplet_weight=0")),
        Row("random erasing", ("random_erasing=0.5",)),
        Row("no camera changes", (*_COLOUR, *_RESOLUTION, *_CROPS, *_BACKGROUND)),
        Row("+ colour", (*_RESOLUTION, *_CROPS, *_BACKGROUND), over="no camera changes"),
        Row("+ resolution", (*_CROPS, *_BACKGROUND), over="+ colour"),
        Row("+ bad crops", _BACKGROUND, over="+ resolution"),
        Row("+ background: all changes", over="+ bad crops", run="all"),
        Row("one teacher", teachers=1),
        Row("embeddings, no relations", ("relation_weight=0",)),
        Row("relations, no embeddings", ("embedding_weight=0",)),
    ),
    changes=(f"start={SHIPPED / 'hacnn.safetensors'}",),
    # A few minutes a row on one core. The sides stay, since the network that all start from knows people at this size alone.
    small=("identities_per_batch=16", "unlabelled_per_batch=16", "learning_rate=0.001"),
    small_sides=1.0,
    small_identities=256,
    over="labels and teachers",
)

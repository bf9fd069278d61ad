"""An ablation of distillation: the effect of each component on the training domain and on an unseen site."""

from benchmarks.reid.table import Row, Table
from reid.weights.weights_file import SHIPPED

_COLOUR = ("colour_jitter=0", "channel_gain=0", "gamma=0", "light=0", "grey=0")
_RESOLUTION = ("low_resolution=0", "blur=0", "jpeg=0")
_CROPS = ("bad_crops=0",)
_BACKGROUND = ("background=0",)
# Unlabelled images also change batch normalisation, so the gain from teachers is measured without them.
_LABELLED = ("unlabelled_per_batch=0",)

DISTILLATION = Table(
    "distillation",
    "Distillation: the effect of teachers, labels and each image augmentation",
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
    # A few minutes per row on one core. The image size stays, since the initial network works at this size only.
    small=("identities_per_batch=16", "unlabelled_per_batch=16", "learning_rate=0.001"),
    small_sides=(1.0, 1.0),
    small_identities=256,
    over="labels and teachers",
)

"""The labels of a parser, those of LIP, and the five regions of a person that SPReID pools over.

Kalayeh et al., "Human Semantic Parsing for Person Re-identification", CVPR 2018, sec. 3.2, groups the 20 labels of LIP (Gong et
al., CVPR 2017) into foreground, head, upper body, lower body and shoes. It does not print which label is of which region: dress
and jumpsuit, which cover two, are of the upper body here, and gloves are of the arms.
"""

import torch

_UPPER, _LOWER = "upper-body", "lower-body"
# Each label, in LIP's order, with its region besides the foreground, which is every label but the first.
_REGION_OF = {
    "background": None,
    "hat": "head",
    "hair": "head",
    "glove": _UPPER,
    "sunglasses": "head",
    "upper-clothes": _UPPER,
    "dress": _UPPER,
    "coat": _UPPER,
    "socks": _LOWER,
    "pants": _LOWER,
    "jumpsuits": _UPPER,
    "scarf": _UPPER,
    "skirt": _LOWER,
    "face": "head",
    "right-arm": _UPPER,
    "left-arm": _UPPER,
    "right-leg": _LOWER,
    "left-leg": _LOWER,
    "right-shoe": "shoes",
    "left-shoe": "shoes",
}
LABELS = tuple(_REGION_OF)
BODY = ("head", _UPPER, _LOWER, "shoes")
REGIONS = ("foreground", *BODY)
# Which labels form each region, `(5, 20)`: products with it sum probabilities, and tell the regions of a label.
MEMBERS = torch.tensor(
    [
        [of is not None for of in _REGION_OF.values()],
        *([of == region for of in _REGION_OF.values()] for region in BODY),
    ]
).float()


def region_maps(probabilities: torch.Tensor) -> torch.Tensor:
    """The probability of each region, `(B, 5, h, w)` in the order of `REGIONS`, from that of each label, `(B, 20, h, w)`."""
    return torch.einsum("rl,blhw->brhw", MEMBERS.to(probabilities), probabilities)

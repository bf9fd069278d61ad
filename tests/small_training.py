"""`python tests/small_training.py ARGUMENTS` is `python -m reid ARGUMENTS` that knows the network `small`; and people."""

from pathlib import Path

import cv2
import numpy as np

from reid.data.folders import GALLERY, QUERY, TRAIN


def write_people(folder: Path, parts: tuple[str, ...] = (TRAIN, QUERY, GALLERY)) -> Path:
    """Eight identities of four noisy images a part, one colour an identity, in Market-1501's layout."""
    rng = np.random.default_rng(0)
    for part in parts:
        (folder / part).mkdir(parents=True)
        for identity in range(8):
            colour = rng.integers(0, 256, 3)
            for index in range(4):
                image = np.clip(colour + rng.normal(0, 20, (32, 16, 3)), 0, 255).astype(np.uint8)
                camera = 2 if part == QUERY else 1 + index % 2
                cv2.imwrite(str(folder / part / f"{identity:04d}_c{camera}s1_{index:06d}_00.jpg"), image)
    return folder


def write_styled(people: Path) -> Path:
    """A darker copy of each training image of `people` in the style of camera 3, in a folder beside, named as CamStyle's."""
    folder = people / "bounding_box_train_camstyle"
    folder.mkdir()
    for path in (people / TRAIN).iterdir():
        camera = path.stem.partition("_c")[2][0]
        cv2.imwrite(str(folder / f"{path.stem}_fake_{camera}to3.jpg"), cv2.imread(str(path)) // 2)
    return folder


if __name__ == "__main__":
    from small_network import small

    from reid.__main__ import main
    from reid.common.errors import run
    from reid.models import registry

    registry._builders["small"] = small
    run(main)

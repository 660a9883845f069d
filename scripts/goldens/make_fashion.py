#!/usr/bin/env python3
"""Cuts small pieces out of Fashion-MNIST's test set (MIT licence; Debian's dataset-fashion-mnist).

  make_fashion.py    writes tests/parity/train/fashion-{images,labels}.idx, the first 40 pictures, and
                     models/fashion-vit/pictures: some as PNG, and one as a photo would show it, larger
                     and dark on white
"""
import gzip
from pathlib import Path

import numpy as np
from PIL import Image

kRoot = Path(__file__).resolve().parent.parent.parent
kData = Path("/usr/share/datasets/fashion-mnist")
kPictures = {"ankle-boot": 0, "pullover": 1, "trouser": 2, "sandal": 8, "sneaker": 9, "dress": 13, "bag": 18}
kFixture = 40


def main():
    images = gzip.decompress((kData / "t10k-images-idx3-ubyte.gz").read_bytes())
    labels = gzip.decompress((kData / "t10k-labels-idx1-ubyte.gz").read_bytes())
    count = kFixture.to_bytes(4, "big")
    out = kRoot / "tests/parity/train"
    (out / "fashion-images.idx").write_bytes(images[:4] + count + images[8:16 + kFixture * 784])
    (out / "fashion-labels.idx").write_bytes(labels[:4] + count + labels[8:8 + kFixture])
    pixels = np.frombuffer(images, np.uint8, offset=16).reshape(-1, 28, 28)
    out = kRoot / "models/fashion-vit/pictures"
    out.mkdir(parents=True, exist_ok=True)
    for name, index in kPictures.items():
        Image.fromarray(pixels[index]).save(out / f"{name}.png")
    photo = Image.fromarray(255 - pixels[kPictures["trouser"]]).resize((140, 140), Image.BICUBIC)
    photo.convert("RGB").save(out / "trouser-on-white.jpg", quality=85)


if __name__ == "__main__":
    main()

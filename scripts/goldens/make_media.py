"""Pictures of every kind that src/sextant/media reads, what Pillow makes of them, and its resizing.

  python scripts/goldens/make_media.py    writes tests/parity/media; needs pillow 13.0.0, numpy

The seed is fixed. Pixels of the small pictures are listed; larger ones are given by CRC-32.
"""
import json
import zlib
from pathlib import Path

import numpy
from PIL import Image, features

kOut = Path(__file__).resolve().parents[2] / "tests" / "parity" / "media"
kWidth, kHeight = 13, 9


def picture(rng, width, height, channels):
    """A smooth picture with some noise: JPEG of pure noise would test little."""
    y, x = numpy.mgrid[0:height, 0:width]
    planes = [127 + 100 * numpy.sin(x / (3 + c) + c) * numpy.cos(y / (4 + c)) for c in range(channels)]
    noisy = numpy.stack(planes, -1) + rng.normal(0, 9, (height, width, channels))
    return noisy.clip(0, 255).astype(numpy.uint8)


def save_all(rng):
    """name -> options of PIL's save; the files are written."""
    rgb = Image.fromarray(picture(rng, kWidth, kHeight, 3))
    rgba = Image.fromarray(picture(rng, kWidth, kHeight, 4), "RGBA")
    grey = Image.fromarray(picture(rng, kWidth, kHeight, 1)[..., 0])
    grey_alpha = Image.merge("LA", [grey, rgba.getchannel("A")])
    palette = rgb.quantize(16)
    two_colours = grey.convert("1")
    clear = palette.copy()
    clear.info["transparency"] = 3
    files = {
        "rgb.png": (rgb, {}), "rgba.png": (rgba, {}), "grey.png": (grey, {}),
        "grey_alpha.png": (grey_alpha, {}), "palette.png": (palette, {}),
        "palette_clear.png": (clear, {"transparency": 3}), "one_bit.png": (two_colours, {}),
        "rgb.jpg": (rgb, {"quality": 90}), "rgb_444.jpg": (rgb, {"quality": 95, "subsampling": 0}),
        "progressive.jpg": (rgb, {"quality": 80, "progressive": True}),
        "grey.jpg": (grey, {"quality": 85}),
    }
    for name, (image, options) in files.items():
        image.save(kOut / name, **options)
    rgb.convert("CMYK").save(kOut / "cmyk.jpg")
    return list(files)


def png_of_16_bits(rng):
    """Pillow writes no 16-bit RGB: a PNG by hand."""
    def chunk(kind, data):
        return (len(data).to_bytes(4, "big") + kind + data
                + zlib.crc32(kind + data).to_bytes(4, "big"))
    values = rng.integers(0, 65536, (kHeight, kWidth, 3)).astype(">u2")
    rows = b"".join(b"\0" + row.tobytes() for row in values)
    header = kWidth.to_bytes(4, "big") + kHeight.to_bytes(4, "big") + bytes([16, 2, 0, 0, 0])
    (kOut / "rgb_16.png").write_bytes(
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"gAMA", (45455).to_bytes(4, "big"))
        + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))
    return "rgb_16.png"


def interlaced_png(rng):
    """Adam7, which Pillow reads and does not write."""
    def chunk(kind, data):
        return (len(data).to_bytes(4, "big") + kind + data
                + zlib.crc32(kind + data).to_bytes(4, "big"))
    pixels = picture(rng, kWidth, kHeight, 3)
    rows = b""
    for x0, y0, dx, dy in ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4),
                           (1, 0, 2, 2), (0, 1, 1, 2)):
        part = pixels[y0::dy, x0::dx]
        rows += b"".join(b"\0" + row.tobytes() for row in part if part.size)
    header = kWidth.to_bytes(4, "big") + kHeight.to_bytes(4, "big") + bytes([8, 2, 0, 0, 1])
    (kOut / "interlaced.png").write_bytes(
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b""))
    return "interlaced.png"


def resized(rng):
    source = Image.fromarray(picture(rng, 37, 29, 3))
    sizes = [(8, 6), (64, 50), (37, 10), (5, 29), (1, 1), (224, 224), (36, 30)]
    bytes_of = [{"width": w, "height": h,
                 "crc32": zlib.crc32(source.resize((w, h), Image.Resampling.BILINEAR).tobytes())}
                for w, h in sizes]
    floats = rng.normal(0, 1, (10, 12)).astype(numpy.float32)
    plane = Image.fromarray(floats, "F")
    box = (2, 1, 11, 9)  # left, top, right, bottom
    planes = [{"width": w, "height": h, "values":
               numpy.asarray(plane.crop(box).resize((w, h), Image.Resampling.BILINEAR)).ravel().tolist()}
              for w, h in ((4, 3), (20, 16), (9, 8))]
    return {"source": numpy.asarray(source).ravel().tolist(), "bytes": bytes_of,
            "plane": floats.ravel().tolist(), "planes": planes}


def main():
    kOut.mkdir(parents=True, exist_ok=True)
    rng = numpy.random.default_rng(20240)
    names = [*save_all(rng), png_of_16_bits(rng), interlaced_png(rng)]
    pictures = {}
    for name in names:
        image = Image.open(kOut / name)
        pictures[name] = numpy.asarray(image.convert("RGB")).ravel().tolist()
    large = Image.fromarray(picture(rng, 150, 101, 3))
    large.save(kOut / "large.jpg", quality=75)
    crc = zlib.crc32(Image.open(kOut / "large.jpg").convert("RGB").tobytes())
    expected = {"pillow": Image.__version__, "jpeg": features.version("jpg"), "width": kWidth,
                "height": kHeight, "pictures": pictures, "large_crc32": crc, "resize": resized(rng)}
    (kOut / "expected.json").write_text(json.dumps(expected, separators=(",", ":")) + "\n")


main()

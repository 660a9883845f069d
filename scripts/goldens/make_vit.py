#!/usr/bin/env python3
"""A tiny ViT classifier of random weights and its logits: goldens of src/sextant/nn/vit_test.cc.

  make_vit.py        writes tests/parity/nn/vit: a model folder as transformers saves it, golden.safetensors
                     with pixel_values (the first is what the image processor makes of picture.png) and logits,
                     and "grey", the same picture for a network of one channel
"""
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from safetensors.torch import save_file
from transformers import ViTConfig, ViTForImageClassification, ViTImageProcessor

kOut = Path(__file__).resolve().parent.parent.parent / "tests/parity/nn/vit"


def main():
    torch.manual_seed(0)
    config = ViTConfig(
        image_size=12, patch_size=4, num_channels=3, hidden_size=16, num_hidden_layers=2,
        num_attention_heads=2, intermediate_size=24, hidden_act="gelu", layer_norm_eps=1e-6,
        id2label={0: "circle", 1: "square", 2: "star"}, label2id={"circle": 0, "square": 1, "star": 2})
    model = ViTForImageClassification(config).eval()
    with torch.no_grad():
        for value in model.parameters():
            value.copy_(value + 0.3 * torch.randn(value.shape))
    model.save_pretrained(kOut)
    processor = ViTImageProcessor(size={"height": 12, "width": 12}, image_mean=[0.4, 0.5, 0.6],
                                  image_std=[0.2, 0.25, 0.3])
    processor.save_pretrained(kOut)
    rng = np.random.default_rng(1)
    small = rng.integers(0, 256, (5, 7, 3), dtype=np.uint8)
    picture = Image.fromarray(small).resize((40, 30), Image.BICUBIC)
    picture.save(kOut / "picture.png")
    prepared = processor(picture, return_tensors="pt").pixel_values
    grey = np.asarray(picture.convert("L").resize((12, 12), Image.BILINEAR), dtype=np.float32) / 255
    grey = torch.from_numpy((grey - np.float32(0.3)) / np.float32(0.35))[None]
    pixels = torch.cat([prepared, torch.randn(3, 3, 12, 12)])
    with torch.no_grad():
        logits = model(pixel_values=pixels).logits
    save_file({"pixel_values": pixels, "logits": logits, "grey": grey}, kOut / "golden.safetensors")
    print(logits)


if __name__ == "__main__":
    main()

// Files of torch.save: .pt, .pth, .bin, .ckpt.
//
// Zip archives (torch 1.6 to now), TorchScript archives (their attributes, no code), and the older
// format without zip. The pickle in them is run as data over fixed tables of opcodes and names
// (pickle_vm.h, pickle_globals.h): no file can name a function, let alone call one. Nested
// dictionaries, lists and objects become dotted names ("ema.blocks.0.attn.qkv.weight"), everything
// that is not a tensor becomes metadata. Tensors are views into the mapped file with the strides
// the file gives them; several may share bytes. A whole pickled model (its classes) is refused: it
// must be saved again as a state dictionary. Complex tensors are named in the metadata, not read.
//
// Errors: as MappedFile, kDataLoss (breaks the format), kOutOfRange (a limit), kUnsupported (names
// or opcodes outside the tables, big-endian files, packed records).
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>
#include <string>

#include "sextant/base/error.h"
#include "sextant/io/archive.h"
#include "sextant/io/tensor_source.h"

namespace sextant::io {

Result<std::unique_ptr<TensorSource>> open_pickle(const std::filesystem::path& path,
                                                  const ArchiveOptions& options = {});

// The same over bytes that outlive the source; `file` names them in messages.
Result<std::unique_ptr<TensorSource>> parse_pickle(std::span<const std::byte> bytes,
                                                   std::string file,
                                                   const ArchiveOptions& options = {});

}  // namespace sextant::io

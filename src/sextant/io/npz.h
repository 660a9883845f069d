// numpy's .npz archives and .npy arrays.
//
// Reading: stored members are looked at in place, deflated ones unpacked on opening, Fortran order
// becomes strides. A lone .npy is one tensor named "arr_0", as numpy.savez would name it. What has
// no numbers (text, pickled objects, structured or complex elements) is not an error in an archive:
// the metadata says for each such member what it is; a single text becomes its metadata value. In a
// lone .npy it is an error. Deflated members may unpack to 40 MB plus twice the file
// (kOutOfRange).
//
// Writing: stored, aligned, atomic, row-major; equal tensors give equal files.
//
// Errors: as MappedFile and AtomicFile, kDataLoss (breaks the format), kOutOfRange, kUnsupported.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>
#include <string>

#include "sextant/base/error.h"
#include "sextant/base/tensor_view.h"
#include "sextant/io/archive.h"
#include "sextant/io/safetensors.h"
#include "sextant/io/tensor_source.h"

namespace sextant::io {

Result<std::unique_ptr<TensorSource>> open_npz(const std::filesystem::path& path,
                                               const ArchiveOptions& options = {});

// The same over bytes that outlive the source; `file` names them in messages.
Result<std::unique_ptr<TensorSource>> parse_npz(std::span<const std::byte> bytes, std::string file,
                                                const ArchiveOptions& options = {});

// Error: kUnsupported for element types that numpy does not have (BF16, F8, blocks).
Result<void> write_npy(const std::filesystem::path& path, const TensorView& view);

// Each tensor as member "NAME.npy". Errors also: kInvalidArgument (a name twice or not printable).
Result<void> write_npz(const std::filesystem::path& path, std::span<const NamedTensor> tensors);

}  // namespace sextant::io

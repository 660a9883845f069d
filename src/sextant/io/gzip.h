// gzip files (.gz) unpacked into memory, and files read whether packed or not.
//
// For data sets that are shipped as .gz. One member a file, as gzip writes it; files of several
// members are refused, and what unpacks to more than 32 MB + 4 times its own size as well: the
// memory that a hostile file can take is bounded by its size. Errors: kDataLoss (not gzip, cut,
// checksum), kOutOfRange (the bound), those of MappedFile. Cost: zlib's, 200 to 400 MB/s.
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "sextant/base/error.h"
#include "sextant/io/mapped_file.h"

namespace sextant::io {

// True where the bytes begin as a gzip file does.
bool is_gzip(std::span<const std::byte> bytes);

// The unpacked bytes of a whole gzip file. `where` names it in messages.
Result<std::vector<std::byte>> gunzip(std::span<const std::byte> bytes, std::string_view where);

// A file's bytes, unpacked where it is a gzip file and mapped where it is not. What it is decides
// its beginning, not its name.
class UnpackedFile {
 public:
  static Result<UnpackedFile> open(const std::filesystem::path& path);

  // Valid as long as this object; moving it keeps them in place.
  std::span<const std::byte> bytes() const {
    return unpacked_.empty() ? file_.bytes() : std::span<const std::byte>(unpacked_);
  }
  std::string_view text() const {
    return {reinterpret_cast<const char*>(bytes().data()), bytes().size()};
  }

 private:
  UnpackedFile(MappedFile file, std::vector<std::byte> unpacked)
      : file_(std::move(file)), unpacked_(std::move(unpacked)) {}

  MappedFile file_;
  std::vector<std::byte> unpacked_;
};

}  // namespace sextant::io

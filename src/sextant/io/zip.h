// The directory of a zip archive, checked so strictly that every reader must see the same entries:
// no gaps, no overlaps, no comment, no duplicate names, local headers that agree with the central
// directory. Stored and deflated entries, zip64; no encryption, no folders, no split archives.
//
// For the archives of torch.save and numpy.savez; not a general unzip. The bytes are looked at in
// place and must outlive the archive. Immutable, so reading from several threads is safe. Opening
// touches the directory and one page an entry, never the data. Errors: kDataLoss (with the entry
// and both values), kUnsupported, kOutOfRange (a limit).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sextant/base/error.h"

namespace sextant::io {

// True for the names that an entry may have: relative, '/' between parts, none of them "." or "..".
bool is_zip_name(std::string_view name);

struct ZipEntry {
  std::string_view name;
  uint64_t header = 0;  // where its local header begins in the archive
  uint64_t data = 0;    // where its data begins
  uint64_t packed = 0;  // bytes of data in the archive
  uint64_t size = 0;    // bytes once unpacked; equals `packed` for stored entries
  uint32_t crc = 0;     // CRC-32 of the unpacked bytes, as the archive states it
  bool deflated = false;
};

class ZipArchive {
 public:
  static constexpr uint64_t kMaxEntries = 200'000;

  // `where` names the archive in messages.
  static Result<ZipArchive> parse(std::span<const std::byte> bytes, std::string where);

  // In the order of their data.
  std::span<const ZipEntry> entries() const { return entries_; }
  // Null where there is none of that name.
  const ZipEntry* find(std::string_view name) const;

  // The data in place, packed as it is.
  std::span<const std::byte> data(const ZipEntry& entry) const;

  // The data of a stored entry in place, after its CRC-32 was compared (reads all of it).
  Result<std::span<const std::byte>> checked_data(const ZipEntry& entry) const;

  // Unpacks a deflated entry into memory of exactly entry.size bytes, a figure from the file: the
  // caller decides first whether it is too much. CRC-32 is compared.
  Result<std::vector<std::byte>> unpack(const ZipEntry& entry) const;

 private:
  ZipArchive(std::span<const std::byte> bytes, std::string where)
      : bytes_(bytes), where_(std::move(where)) {}
  Result<void> check_crc(const ZipEntry& entry, std::span<const std::byte> unpacked) const;

  std::span<const std::byte> bytes_;
  std::string where_;
  std::vector<ZipEntry> entries_;
  std::vector<uint32_t> by_name_;  // indices of entries_, sorted by name
};

}  // namespace sextant::io

#include "sextant/io/zip_writer.h"

#include <zlib.h>

#include <concepts>

#include "sextant/io/zip.h"
#include "sextant/io/zip_format.h"

namespace sextant::io {
namespace {

constexpr size_t kAlignment = 64;
constexpr uint16_t kVersion = 45;        // the first with zip64
constexpr uint16_t kDate = 0x0021;       // 1980-01-01: equal content gives equal files
constexpr size_t kLocalExtraBytes = 20;  // zip64 field with two sizes

template <std::unsigned_integral T>
void put(std::string& out, T value) {
  for (size_t i = 0; i < sizeof(T); ++i) {
    out += static_cast<char>(static_cast<uint64_t>(value) >> (8 * i));
  }
}

// Version to CRC, the same in local header and directory.
void put_common(std::string& out, uint32_t crc) {
  put(out, kVersion);
  put(out, zip::kFlagUtf8);
  put(out, zip::kStored);
  put(out, uint16_t{0});  // time
  put(out, kDate);
  put(out, crc);
  put(out, zip::kMarker32);
  put(out, zip::kMarker32);
}

}  // namespace

Result<ZipWriter> ZipWriter::create(const std::filesystem::path& path) {
  SEXTANT_TRY(AtomicFile file, AtomicFile::create(path));
  return ZipWriter(std::move(file));
}

Result<void> ZipWriter::add(std::string_view name,
                            std::initializer_list<std::span<const std::byte>> parts) {
  if (!is_zip_name(name) || !names_.emplace(name).second) {
    return fail(ErrorCode::kInvalidArgument,
                "[io/zip] entry \"{}\": expected a plain relative name that is used once",
                printable(name));
  }
  Entry entry{.name = std::string(name), .header = file_.size()};
  uLong crc = crc32_z(0, nullptr, 0);
  for (const auto part : parts) {
    entry.size += part.size();
    if (!part.empty()) {  // zlib begins anew at a null pointer
      crc = crc32_z(crc, reinterpret_cast<const Bytef*>(part.data()), part.size());
    }
  }
  entry.crc = static_cast<uint32_t>(crc);

  std::string header;
  put(header, zip::kLocalSignature);
  put_common(header, entry.crc);
  const uint64_t bare = entry.header + zip::kLocalBytes + name.size() + kLocalExtraBytes + 4;
  const uint64_t padding = (kAlignment - bare % kAlignment) % kAlignment;
  put(header, static_cast<uint16_t>(name.size()));
  put(header, static_cast<uint16_t>(kLocalExtraBytes + 4 + padding));
  header += name;
  put(header, zip::kExtra64);
  put(header, uint16_t{16});
  put(header, entry.size);
  put(header, entry.size);
  put(header, zip::kExtraPadding);
  put(header, static_cast<uint16_t>(padding));
  header.append(padding, '\0');
  SEXTANT_TRY_VOID(file_.write(header));
  for (const auto part : parts) {
    SEXTANT_TRY_VOID(file_.write(part));
  }
  entries_.push_back(std::move(entry));
  return {};
}

Result<void> ZipWriter::finish() {
  const uint64_t begin = file_.size();
  std::string directory;
  for (const Entry& entry : entries_) {
    put(directory, zip::kCentralSignature);
    put(directory, kVersion);  // made by
    put_common(directory, entry.crc);
    put(directory, static_cast<uint16_t>(entry.name.size()));
    put(directory, uint16_t{28});  // zip64 field with sizes and offset
    put(directory, uint16_t{0});   // comment
    put(directory, uint16_t{0});   // disk
    put(directory, uint16_t{0});   // internal attributes
    put(directory, uint32_t{0});   // external attributes
    put(directory, zip::kMarker32);
    directory += entry.name;
    put(directory, zip::kExtra64);
    put(directory, uint16_t{24});
    put(directory, entry.size);
    put(directory, entry.size);
    put(directory, entry.header);
  }
  const uint64_t size = directory.size();
  put(directory, zip::kEnd64Signature);
  put(directory, uint64_t{zip::kEnd64Bytes - 12});
  put(directory, kVersion);
  put(directory, kVersion);
  put(directory, uint32_t{0});  // this disk, directory's disk
  put(directory, uint32_t{0});
  put(directory, uint64_t{entries_.size()});
  put(directory, uint64_t{entries_.size()});
  put(directory, size);
  put(directory, begin);
  put(directory, zip::kLocator64Signature);
  put(directory, uint32_t{0});
  put(directory, begin + size);
  put(directory, uint32_t{1});
  put(directory, zip::kEndSignature);
  put(directory, uint32_t{0});  // disks
  put(directory, zip::kMarker16);
  put(directory, zip::kMarker16);
  put(directory, zip::kMarker32);
  put(directory, zip::kMarker32);
  put(directory, uint16_t{0});
  SEXTANT_TRY_VOID(file_.write(directory));
  return file_.commit();
}

}  // namespace sextant::io

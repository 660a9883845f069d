#include "sextant/io/zip.h"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>
#include <type_traits>

#include "sextant/io/plain_name.h"
#include "sextant/io/zip_format.h"

namespace sextant::io {
namespace {

using namespace zip;  // NOLINT(google-build-using-namespace): constants of the format

// Deflate cannot do better than 258 bytes for two bits; a larger claim is a lie.
constexpr uint64_t kMaxDeflateRatio = 1032;

// The little-endian number at `offset`, which the caller has checked.
template <class T>
T read(std::span<const std::byte> bytes, uint64_t offset) {
  std::make_unsigned_t<T> value = 0;
  std::memcpy(&value, bytes.data() + offset, sizeof(value));
  return value;
}

std::string_view text_at(std::span<const std::byte> bytes, uint64_t offset, size_t size) {
  return {reinterpret_cast<const char*>(bytes.data()) + offset, size};
}

// Where the central directory lies.
struct Directory {
  uint64_t count = 0;
  uint64_t begin = 0;
  uint64_t end = 0;
};

// The three sizes that a zip64 extra field may replace; 32-bit values as they stand in the header.
struct Sizes {
  uint64_t size = 0;
  uint64_t packed = 0;
  uint64_t header = 0;
};

// One central directory entry with what only the comparison to the local header needs.
struct Central {
  ZipEntry entry;
  uint16_t flags = 0;
  uint16_t method = 0;
};

class Parser {
 public:
  Parser(std::span<const std::byte> bytes, const std::string& where)
      : bytes_(bytes), where_(where) {}

  Result<std::vector<ZipEntry>> run() {
    SEXTANT_TRY(const Directory directory, find_directory());
    SEXTANT_TRY(std::vector<Central> all, read_directory(directory));
    std::sort(all.begin(), all.end(),
              [](const Central& a, const Central& b) { return a.entry.header < b.entry.header; });
    if (!all.empty() && all.back().entry.header >= directory.begin) {
      return bad_entry(all.back().entry.name,
                       format("expected a local header before the directory at byte {}, found {}",
                              directory.begin, all.back().entry.header));
    }
    std::vector<ZipEntry> entries;
    entries.reserve(all.size());
    uint64_t expected = 0;  // each entry begins where the last one ended
    for (size_t i = 0; i < all.size(); ++i) {
      const uint64_t limit = i + 1 < all.size() ? all[i + 1].entry.header : directory.begin;
      SEXTANT_TRY_VOID(check_begin(all[i].entry, expected));
      SEXTANT_TRY_VOID(read_local(all[i], limit));
      entries.push_back(all[i].entry);
      expected = limit;
    }
    if (expected != directory.begin) {
      return bad("expected the directory at byte {}, where the data ends, it is at {}", expected,
                 directory.begin);
    }
    return entries;
  }

 private:
  template <class... Args>
  Failure bad(std::string_view pattern, const Args&... args) const {
    return fail(ErrorCode::kDataLoss, "[io/zip] {} ({})", format(pattern, args...), where_);
  }

  Failure bad_entry(std::string_view name, std::string_view problem) const {
    return fail(ErrorCode::kDataLoss, "[io/zip] entry \"{}\": {} ({})", printable(name), problem,
                where_);
  }

  Result<Directory> find_directory() const {
    if (bytes_.size() < kEndBytes ||
        read<uint32_t>(bytes_, bytes_.size() - kEndBytes) != kEndSignature) {
      return bad(
          "expected an end record in the last {} bytes of {}, found none: not a zip archive "
          "or cut short",
          kEndBytes, bytes_.size());
    }
    const uint64_t end = bytes_.size() - kEndBytes;
    const uint64_t count = read<uint16_t>(bytes_, end + 10);
    const uint64_t size = read<uint32_t>(bytes_, end + 12);
    const uint64_t begin = read<uint32_t>(bytes_, end + 16);
    if (read<uint16_t>(bytes_, end + 20) != 0) {
      return bad("expected no archive comment, found one of {} bytes",
                 read<uint16_t>(bytes_, end + 20));
    }
    Directory directory{count, begin, end};
    if (begin + size != end) {  // also where the values are markers: the zip64 record lies between
      SEXTANT_TRY(directory, find_directory64(end));
      const bool agrees = (count == directory.count || count == kMarker16) &&
                          (size == directory.end - directory.begin || size == kMarker32) &&
                          (begin == directory.begin || begin == kMarker32);
      if (!agrees) {
        return bad(
            "expected end record and zip64 end record to agree, found {} and {} entries, "
            "directory at {} and {}",
            count, directory.count, begin, directory.begin);
      }
    } else if (read<uint32_t>(bytes_, end + 4) != 0 || read<uint16_t>(bytes_, end + 8) != count) {
      return bad("expected one disk with {} entries, found parts of a split archive", count);
    }
    if (directory.count > ZipArchive::kMaxEntries) {
      return fail(ErrorCode::kOutOfRange, "[io/zip] expected at most {} entries, found {} ({})",
                  ZipArchive::kMaxEntries, directory.count, where_);
    }
    if (directory.count > (directory.end - directory.begin) / kCentralBytes) {
      return bad("expected {} entries, the directory of {} bytes holds fewer", directory.count,
                 directory.end - directory.begin);
    }
    return directory;
  }

  // The record that lies, with its locator, directly before the end record at `end`.
  Result<Directory> find_directory64(uint64_t end) const {
    if (end < kLocator64Bytes + kEnd64Bytes ||
        read<uint32_t>(bytes_, end - kLocator64Bytes) != kLocator64Signature) {
      return bad("expected the directory to end at byte {}, where the end record begins", end);
    }
    const uint64_t locator = end - kLocator64Bytes;
    const uint64_t record = locator - kEnd64Bytes;
    if (read<uint64_t>(bytes_, locator + 8) != record ||
        read<uint32_t>(bytes_, record) != kEnd64Signature ||
        read<uint64_t>(bytes_, record + 4) != kEnd64Bytes - 12) {
      return bad("expected a zip64 end record at byte {}, its locator says {}", record,
                 read<uint64_t>(bytes_, locator + 8));
    }
    const uint64_t count = read<uint64_t>(bytes_, record + 32);
    const uint64_t size = read<uint64_t>(bytes_, record + 40);
    const uint64_t begin = read<uint64_t>(bytes_, record + 48);
    if (begin > record || record - begin != size) {
      return bad("expected a directory of {} bytes at {} to end at byte {}", size, begin, record);
    }
    if (read<uint32_t>(bytes_, locator + 4) != 0 || read<uint32_t>(bytes_, record + 16) != 0 ||
        read<uint32_t>(bytes_, record + 20) != 0 || read<uint64_t>(bytes_, record + 24) != count) {
      return bad("expected one disk with {} entries, found parts of a split archive", count);
    }
    return Directory{count, begin, record};
  }

  Result<std::vector<Central>> read_directory(const Directory& directory) const {
    std::vector<Central> all;
    all.reserve(directory.count);
    uint64_t at = directory.begin;
    for (uint64_t i = 0; i < directory.count; ++i) {
      if (directory.end - at < kCentralBytes || read<uint32_t>(bytes_, at) != kCentralSignature) {
        return bad("expected directory entry {} of {} at byte {}, found none", i + 1,
                   directory.count, at);
      }
      const size_t name_bytes = read<uint16_t>(bytes_, at + 28);
      const size_t extra_bytes = read<uint16_t>(bytes_, at + 30);
      const size_t comment_bytes = read<uint16_t>(bytes_, at + 32);
      const uint64_t total = kCentralBytes + name_bytes + extra_bytes + comment_bytes;
      if (total > directory.end - at) {
        return bad("directory entry {}: expected {} bytes, the directory has {} left", i + 1, total,
                   directory.end - at);
      }
      SEXTANT_TRY(Central central, read_central(at, name_bytes, extra_bytes));
      all.push_back(central);
      at += total;
    }
    if (at != directory.end) {
      return bad("expected the directory to end at byte {}, its {} entries end at {}",
                 directory.end, directory.count, at);
    }
    return all;
  }

  Result<Central> read_central(uint64_t at, size_t name_bytes, size_t extra_bytes) const {
    Central central;
    ZipEntry& entry = central.entry;
    entry.name = text_at(bytes_, at + kCentralBytes, name_bytes);
    SEXTANT_TRY_VOID(check_name(entry.name));
    central.flags = read<uint16_t>(bytes_, at + 8);
    central.method = read<uint16_t>(bytes_, at + 10);
    entry.crc = read<uint32_t>(bytes_, at + 16);
    Sizes sizes{.size = read<uint32_t>(bytes_, at + 24),
                .packed = read<uint32_t>(bytes_, at + 20),
                .header = read<uint32_t>(bytes_, at + 42)};
    SEXTANT_TRY_VOID(apply_extra(entry.name, at + kCentralBytes + name_bytes, extra_bytes, sizes));
    entry.size = sizes.size;
    entry.packed = sizes.packed;
    entry.header = sizes.header;
    if (read<uint16_t>(bytes_, at + 34) != 0) {
      return bad_entry(entry.name, "expected it on disk 0, found a split archive");
    }
    if ((central.flags & ~kFlagsKnown) != 0) {
      return fail(ErrorCode::kUnsupported,
                  "[io/zip] entry \"{}\": expected plain data, found flags {:#06x} (encrypted or "
                  "patched) ({})",
                  printable(entry.name), central.flags, where_);
    }
    if (central.method != kStored && central.method != kDeflated) {
      return fail(ErrorCode::kUnsupported,
                  "[io/zip] entry \"{}\": expected method 0 (stored) or 8 (deflated), found {} "
                  "({})",
                  printable(entry.name), central.method, where_);
    }
    entry.deflated = central.method == kDeflated;
    if (!entry.deflated && entry.size != entry.packed) {
      return bad_entry(entry.name,
                       format("expected {} stored bytes, found {}", entry.size, entry.packed));
    }
    if (entry.deflated && entry.size / kMaxDeflateRatio > entry.packed) {
      return bad_entry(entry.name, format("expected at most {} times its {} packed bytes, found {}",
                                          kMaxDeflateRatio, entry.packed, entry.size));
    }
    return central;
  }

  Result<void> check_name(std::string_view name) const {
    if (!is_zip_name(name)) {
      return bad_entry(name, "expected a plain relative name of 1 to 1024 bytes");
    }
    return {};
  }

  // Replaces markers in `sizes` by the values of the zip64 extra field.
  Result<void> apply_extra(std::string_view name, uint64_t at, size_t bytes, Sizes& sizes) const {
    const uint64_t end = at + bytes;
    std::array<uint64_t*, 3> wanted{};
    size_t count = 0;
    for (uint64_t* value : {&sizes.size, &sizes.packed, &sizes.header}) {
      if (*value == kMarker32) {
        wanted[count++] = value;
      }
    }
    bool found = count == 0;
    while (at < end) {
      if (end - at < 4 || end - at - 4 < read<uint16_t>(bytes_, at + 2)) {
        return bad_entry(name, "expected whole extra fields, found one cut short");
      }
      const uint16_t id = read<uint16_t>(bytes_, at);
      const size_t length = read<uint16_t>(bytes_, at + 2);
      if (id == kExtra64 && count > 0) {
        if (found || length < 8 * count) {
          return bad_entry(name, format("expected one zip64 field of {} bytes, found {}{}",
                                        8 * count, length, found ? " in a second one" : ""));
        }
        for (size_t i = 0; i < count; ++i) {
          *wanted[i] = read<uint64_t>(bytes_, at + 4 + 8 * i);
        }
        found = true;
      }
      at += 4 + length;
    }
    if (!found) {
      return bad_entry(name, "expected a zip64 field for its sizes, found none");
    }
    return {};
  }

  Result<void> check_begin(const ZipEntry& entry, uint64_t expected) const {
    if (entry.header != expected) {
      return bad_entry(entry.name, format("expected it to begin at byte {}, where the entry before "
                                          "it ends, the directory says {}",
                                          expected, entry.header));
    }
    return {};
  }

  // Compares the local header with the directory and finds the data, which with its descriptor
  // must end exactly at `limit`.
  Result<void> read_local(Central& central, uint64_t limit) const {
    ZipEntry& entry = central.entry;
    const uint64_t at = entry.header;
    if (limit < at || limit - at < kLocalBytes || read<uint32_t>(bytes_, at) != kLocalSignature) {
      return bad_entry(entry.name, format("expected a local header at byte {}, found none", at));
    }
    const size_t name_bytes = read<uint16_t>(bytes_, at + 26);
    const size_t extra_bytes = read<uint16_t>(bytes_, at + 28);
    const uint64_t head = kLocalBytes + name_bytes + extra_bytes;
    if (limit - at < head || limit - at - head < entry.packed) {
      return bad_entry(entry.name, format("expected {} bytes of data, the archive has room for {}",
                                          entry.packed, limit - at < head ? 0 : limit - at - head));
    }
    const std::string_view name = text_at(bytes_, at + kLocalBytes, name_bytes);
    const uint16_t flags = read<uint16_t>(bytes_, at + 6);
    const uint16_t method = read<uint16_t>(bytes_, at + 8);
    if (name != entry.name || flags != central.flags || method != central.method) {
      return bad_entry(entry.name,
                       format("expected the same name, flags and method in its local header, found "
                              "\"{}\", {:#06x}, {}",
                              printable(name), flags, method));
    }
    Sizes sizes{.size = read<uint32_t>(bytes_, at + 22), .packed = read<uint32_t>(bytes_, at + 18)};
    SEXTANT_TRY_VOID(apply_extra(name, at + kLocalBytes + name_bytes, extra_bytes, sizes));
    const uint32_t crc = read<uint32_t>(bytes_, at + 14);
    const bool described = (flags & kFlagDescriptor) != 0;
    const auto agrees = [described](uint64_t local, uint64_t directory) {
      return local == directory || (described && local == 0);
    };
    if (!agrees(sizes.size, entry.size) || !agrees(sizes.packed, entry.packed) ||
        !agrees(crc, entry.crc)) {
      return bad_entry(entry.name,
                       format("expected {} bytes with CRC-32 {:08x} as the directory says, the "
                              "local header has {} with {:08x}",
                              entry.size, entry.crc, sizes.size, crc));
    }
    entry.data = at + head;
    return check_end(entry, limit, described);
  }

  Result<void> check_end(const ZipEntry& entry, uint64_t limit, bool described) const {
    const uint64_t data_end = entry.data + entry.packed;
    const uint64_t rest = limit - data_end;
    if (!described) {
      if (rest != 0) {
        return bad_entry(
            entry.name, format("expected the next entry at byte {}, it is at {}", data_end, limit));
      }
      return {};
    }
    // [signature] CRC size size, the sizes in 32 or 64 bits.
    const bool wide = rest == 20 || rest == 24;
    const bool with_signature = rest == 16 || rest == 24;
    if (rest != 12 && rest != 16 && rest != 20 && rest != 24) {
      return bad_entry(entry.name,
                       format("expected a data descriptor of 12 to 24 bytes at byte {}, "
                              "there is room for {}",
                              data_end, rest));
    }
    uint64_t at = data_end;
    bool good = !with_signature || read<uint32_t>(bytes_, at) == kDescriptorSignature;
    at += with_signature ? 4 : 0;
    good = good && read<uint32_t>(bytes_, at) == entry.crc;
    at += 4;
    good = good && (wide ? read<uint64_t>(bytes_, at) : read<uint32_t>(bytes_, at)) == entry.packed;
    at += wide ? 8 : 4;
    good = good && (wide ? read<uint64_t>(bytes_, at) : read<uint32_t>(bytes_, at)) == entry.size;
    if (!good) {
      return bad_entry(entry.name, format("expected its data descriptor at byte {} to agree with "
                                          "the directory, it does not",
                                          data_end));
    }
    return {};
  }

  std::span<const std::byte> bytes_;
  const std::string& where_;
};

}  // namespace

bool is_zip_name(std::string_view name) {
  bool plain = is_plain_name(name) && name.find('\\') == std::string_view::npos;
  for (size_t begin = 0; plain && begin <= name.size();) {
    const size_t end = std::min(name.find('/', begin), name.size());
    const std::string_view part = name.substr(begin, end - begin);
    plain = !part.empty() && part != "." && part != "..";
    begin = end + 1;
  }
  return plain;
}

Result<ZipArchive> ZipArchive::parse(std::span<const std::byte> bytes, std::string where) {
  ZipArchive archive(bytes, std::move(where));
  SEXTANT_TRY(archive.entries_, Parser(bytes, archive.where_).run());
  archive.by_name_.resize(archive.entries_.size());
  for (size_t i = 0; i < archive.by_name_.size(); ++i) {
    archive.by_name_[i] = static_cast<uint32_t>(i);
  }
  const auto& entries = archive.entries_;
  std::sort(archive.by_name_.begin(), archive.by_name_.end(),
            [&](uint32_t a, uint32_t b) { return entries[a].name < entries[b].name; });
  const auto twin = std::adjacent_find(
      archive.by_name_.begin(), archive.by_name_.end(),
      [&](uint32_t a, uint32_t b) { return entries[a].name == entries[b].name; });
  if (twin != archive.by_name_.end()) {
    return fail(ErrorCode::kDataLoss,
                "[io/zip] entry \"{}\": expected each name once, found it "
                "twice ({})",
                entries[*twin].name, archive.where_);
  }
  return archive;
}

const ZipEntry* ZipArchive::find(std::string_view name) const {
  const auto found = std::lower_bound(
      by_name_.begin(), by_name_.end(), name,
      [&](uint32_t index, std::string_view wanted) { return entries_[index].name < wanted; });
  return found == by_name_.end() || entries_[*found].name != name ? nullptr : &entries_[*found];
}

std::span<const std::byte> ZipArchive::data(const ZipEntry& entry) const {
  return bytes_.subspan(entry.data, entry.packed);
}

Result<void> ZipArchive::check_crc(const ZipEntry& entry,
                                   std::span<const std::byte> unpacked) const {
  const auto crc = static_cast<uint32_t>(
      crc32_z(0, reinterpret_cast<const Bytef*>(unpacked.data()), unpacked.size()));
  if (crc != entry.crc) {
    return fail(ErrorCode::kDataLoss,
                "[io/zip] entry \"{}\": expected CRC-32 {:08x}, its {} bytes have {:08x} ({})",
                entry.name, entry.crc, unpacked.size(), crc, where_);
  }
  return {};
}

Result<std::span<const std::byte>> ZipArchive::checked_data(const ZipEntry& entry) const {
  if (entry.deflated) {
    return fail(ErrorCode::kUnsupported,
                "[io/zip] entry \"{}\": expected it stored, found it deflated ({})", entry.name,
                where_);
  }
  SEXTANT_TRY_VOID(check_crc(entry, data(entry)));
  return data(entry);
}

Result<std::vector<std::byte>> ZipArchive::unpack(const ZipEntry& entry) const {
  SEXTANT_CHECK(entry.deflated);
  const auto packed = data(entry);
  std::vector<std::byte> out(entry.size);
  z_stream stream{};
  if (inflateInit2(&stream, -MAX_WBITS) != Z_OK) {
    return fail(ErrorCode::kResourceExhausted, "[io/zip] entry \"{}\": no memory to unpack ({})",
                entry.name, where_);
  }
  constexpr size_t kStep = std::numeric_limits<uInt>::max();  // zlib counts in 32 bits
  size_t in = 0;
  size_t done = 0;
  std::byte beyond{};  // takes the first byte too many
  int status = Z_OK;
  while (status == Z_OK) {
    const size_t room = out.size() - done;
    stream.next_in = const_cast<Bytef*>(reinterpret_cast<const Bytef*>(packed.data() + in));
    stream.avail_in = static_cast<uInt>(std::min(packed.size() - in, kStep));
    stream.next_out = reinterpret_cast<Bytef*>(room > 0 ? out.data() + done : &beyond);
    stream.avail_out = static_cast<uInt>(room > 0 ? std::min(room, kStep) : 1);
    const uInt in_before = stream.avail_in;
    const uInt out_before = stream.avail_out;
    status = inflate(&stream, Z_NO_FLUSH);
    in += in_before - stream.avail_in;
    done += out_before - stream.avail_out;
    if (done > out.size()) {
      break;
    }
  }
  inflateEnd(&stream);
  if (status != Z_STREAM_END || done != out.size() || in != packed.size()) {
    return fail(ErrorCode::kDataLoss,
                "[io/zip] entry \"{}\": expected {} deflated bytes to give {}, {} gave {}{} ({})",
                entry.name, packed.size(), out.size(), in, done,
                status == Z_DATA_ERROR ? " before a fault" : "", where_);
  }
  SEXTANT_TRY_VOID(check_crc(entry, out));
  return out;
}

}  // namespace sextant::io

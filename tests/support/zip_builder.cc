#include "support/zip_builder.h"

#include <zlib.h>

#include <stdexcept>

namespace sextant::test_data {
namespace {

std::string le(uint64_t value, size_t bytes) {
  std::string out;
  for (size_t i = 0; i < bytes; ++i) {
    out += static_cast<char>(value >> (8 * i));
  }
  return out;
}

std::string deflated(const std::string& data) {
  z_stream stream{};
  std::string out(compressBound(data.size()) + 64, '\0');
  deflateInit2(&stream, 9, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(data.data()));
  stream.avail_in = static_cast<uInt>(data.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  if (deflate(&stream, Z_FINISH) != Z_STREAM_END) {
    throw std::runtime_error("deflate failed");
  }
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

struct Packed {
  std::string bytes;
  uint32_t crc;
};

std::string local_header(const ZipMember& member, const Packed& packed, ZipStyle style) {
  const uint32_t marker = style.zip64 ? 0xffffffff : 0;
  const bool plain = !style.zip64 && !style.descriptor;
  std::string out =
      "PK\3\4" + le16(45) + le16(style.descriptor ? 0x0808 : 0x0800) +
      le16(member.deflate ? 8 : 0) + le32(0) + le32(style.descriptor ? 0 : packed.crc) +
      le32(plain ? packed.bytes.size() : marker) + le32(plain ? member.data.size() : marker) +
      le16(member.name.size()) + le16(style.zip64 ? 20 : 0) + member.name;
  if (style.zip64) {
    out += le16(1) + le16(16) + le64(style.descriptor ? 0 : member.data.size()) +
           le64(style.descriptor ? 0 : packed.bytes.size());
  }
  return out;
}

std::string descriptor(const ZipMember& member, const Packed& packed, ZipStyle style) {
  const size_t width = style.zip64 ? 8 : 4;
  return "PK\7\10" + le32(packed.crc) + le(packed.bytes.size(), width) +
         le(member.data.size(), width);
}

std::string central_header(const ZipMember& member, const Packed& packed, size_t local,
                           ZipStyle style) {
  const auto value = [&](size_t v) {
    return le32(style.zip64 ? 0xffffffff : static_cast<uint32_t>(v));
  };
  std::string out = "PK\1\2" + le16(45) + le16(45) + le16(style.descriptor ? 0x0808 : 0x0800) +
                    le16(member.deflate ? 8 : 0) + le32(0) + le32(packed.crc) +
                    value(packed.bytes.size()) + value(member.data.size()) +
                    le16(member.name.size()) + le16(style.zip64 ? 28 : 0) + le16(0) + le16(0) +
                    le16(0) + le32(0) + value(local) + member.name;
  if (style.zip64) {
    out += le16(1) + le16(24) + le64(member.data.size()) + le64(packed.bytes.size()) + le64(local);
  }
  return out;
}

}  // namespace

std::string le16(uint16_t value) { return le(value, 2); }
std::string le32(uint32_t value) { return le(value, 4); }
std::string le64(uint64_t value) { return le(value, 8); }

uint32_t crc32_of(std::string_view bytes) {
  return static_cast<uint32_t>(
      crc32(0, reinterpret_cast<const Bytef*>(bytes.data()), static_cast<uInt>(bytes.size())));
}

TestZip& TestZip::put16(size_t at, uint16_t value) {
  bytes.replace(at, 2, le16(value));
  return *this;
}

TestZip& TestZip::put32(size_t at, uint32_t value) {
  bytes.replace(at, 4, le32(value));
  return *this;
}

TestZip& TestZip::put64(size_t at, uint64_t value) {
  bytes.replace(at, 8, le64(value));
  return *this;
}

TestZip make_zip(const std::vector<ZipMember>& members, ZipStyle style) {
  TestZip zip;
  std::vector<Packed> packed;
  for (const ZipMember& member : members) {
    packed.push_back({member.deflate ? deflated(member.data) : member.data, crc32_of(member.data)});
    zip.local.push_back(zip.bytes.size());
    zip.bytes += local_header(member, packed.back(), style);
    zip.data.push_back(zip.bytes.size());
    zip.bytes += packed.back().bytes;
    if (style.descriptor) {
      zip.bytes += descriptor(member, packed.back(), style);
    }
  }
  zip.directory = zip.bytes.size();
  for (size_t i = 0; i < members.size(); ++i) {
    zip.central.push_back(zip.bytes.size());
    zip.bytes += central_header(members[i], packed[i], zip.local[i], style);
  }
  const size_t size = zip.bytes.size() - zip.directory;
  if (style.zip64) {
    zip.end64 = zip.bytes.size();
    zip.bytes += "PK\6\6" + le64(44) + le16(45) + le16(45) + le32(0) + le32(0) +
                 le64(members.size()) + le64(members.size()) + le64(size) + le64(zip.directory);
    zip.bytes += "PK\6\7" + le32(0) + le64(zip.end64) + le32(1);
  }
  zip.end = zip.bytes.size();
  const auto count = static_cast<uint16_t>(style.zip64 ? 0xffff : members.size());
  zip.bytes += "PK\5\6" + le32(0) + le16(count) + le16(count) +
               le32(style.zip64 ? 0xffffffff : static_cast<uint32_t>(size)) +
               le32(style.zip64 ? 0xffffffff : static_cast<uint32_t>(zip.directory)) + le16(0);
  return zip;
}

}  // namespace sextant::test_data

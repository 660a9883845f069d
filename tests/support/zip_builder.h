// Makes zip archives byte by byte, right ones to start from and the places to break them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace sextant::test_data {

struct ZipMember {
  std::string name;
  std::string data;  // unpacked
  bool deflate = false;
};

struct ZipStyle {
  bool zip64 = false;       // 64-bit sizes in headers and end record
  bool descriptor = false;  // sizes behind the data, as torch writes them
};

struct TestZip {
  std::string bytes;
  // Offsets of each member's local header, data and directory entry, of the directory and of the
  // end record (with zip64: of the zip64 record, the locator follows 56 bytes behind).
  std::vector<size_t> local;
  std::vector<size_t> data;
  std::vector<size_t> central;
  size_t directory = 0;
  size_t end64 = 0;
  size_t end = 0;

  TestZip& put16(size_t at, uint16_t value);
  TestZip& put32(size_t at, uint32_t value);
  TestZip& put64(size_t at, uint64_t value);
};

TestZip make_zip(const std::vector<ZipMember>& members, ZipStyle style = {});

uint32_t crc32_of(std::string_view bytes);

// Little-endian bytes of a number.
std::string le16(uint16_t value);
std::string le32(uint32_t value);
std::string le64(uint64_t value);

}  // namespace sextant::test_data

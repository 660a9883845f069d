#include "sextant/train/idx.h"

namespace sextant::train {
namespace {

constexpr unsigned kUnsignedByte = 0x08;

int64_t big_endian(std::span<const std::byte> bytes, size_t position) {
  int64_t value = 0;
  for (size_t i = 0; i < 4; ++i) {
    value = value << 8 | std::to_integer<int64_t>(bytes[position + i]);
  }
  return value;
}

}  // namespace

Result<IdxArray> parse_idx(std::span<const std::byte> bytes, std::string_view where) {
  if (bytes.size() < 4 || bytes[0] != std::byte{0} || bytes[1] != std::byte{0}) {
    return fail(ErrorCode::kDataLoss,
                "[train/idx] magic number: expected two zero bytes, file begins with {} ({})",
                bytes.size() < 4 ? format("{} bytes in all", bytes.size()) : "others", where);
  }
  const auto type = std::to_integer<unsigned>(bytes[2]);
  if (type != kUnsignedByte) {
    return fail(ErrorCode::kUnsupported,
                "[train/idx] element type: expected 0x08 (unsigned byte), found 0x{:02x} ({})",
                type, where);
  }
  const auto rank = std::to_integer<size_t>(bytes[3]);
  const size_t header = 4 + 4 * rank;
  if (rank == 0 || bytes.size() < header) {
    return fail(ErrorCode::kDataLoss,
                "[train/idx] extents: expected at least 1 and {} bytes for them, found {} extents "
                "and {} bytes ({})",
                header, rank, bytes.size(), where);
  }
  IdxArray array;
  for (size_t i = 0; i < rank; ++i) {
    array.shape.push_back(big_endian(bytes, 4 + 4 * i));
  }
  const auto count = element_count(array.shape);
  if (!count || static_cast<uint64_t>(*count) != bytes.size() - header) {
    return fail(ErrorCode::kDataLoss, "[train/idx] values: expected {}, file has {} ({})",
                to_string(array.shape), bytes.size() - header, where);
  }
  array.values = {reinterpret_cast<const uint8_t*>(bytes.data()) + header, bytes.size() - header};
  return array;
}

}  // namespace sextant::train

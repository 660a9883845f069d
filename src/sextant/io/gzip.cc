#include "sextant/io/gzip.h"

#include <zlib.h>

#include <algorithm>
#include <cstdint>
#include <limits>

namespace sextant::io {
namespace {

constexpr size_t kLeastBytes = 18;  // header 10, CRC-32 4, size 4
constexpr size_t kBaseBytes = size_t{32} << 20;
constexpr size_t kBytesPerByte = 4;

// The last four bytes: the unpacked size, modulo 2^32.
size_t stated_size(std::span<const std::byte> bytes) {
  size_t size = 0;
  for (size_t i = 0; i < 4; ++i) {
    size |= std::to_integer<size_t>(bytes[bytes.size() - 4 + i]) << 8 * i;
  }
  return size;
}

class Inflater {
 public:
  Inflater() { ready_ = inflateInit2(&stream_, MAX_WBITS + 16) == Z_OK; }
  ~Inflater() {
    if (ready_) {
      inflateEnd(&stream_);
    }
  }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  bool ready() const { return ready_; }

  // Z_STREAM_END where exactly all of `in` unpacked into `out` without passing its end.
  int run(std::span<const std::byte> in, std::span<std::byte> out) {
    constexpr size_t kMost = std::numeric_limits<uInt>::max();
    std::byte nothing{};  // a place to point at where there is no output
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(in.data()));
    stream_.next_out = reinterpret_cast<Bytef*>(out.empty() ? &nothing : out.data());
    size_t in_left = in.size();
    size_t out_left = out.size();
    int status = Z_OK;
    while (status == Z_OK) {
      stream_.avail_in = static_cast<uInt>(std::min(in_left, kMost));
      stream_.avail_out = static_cast<uInt>(std::min(out_left, kMost));
      const uInt in_given = stream_.avail_in;
      const uInt out_given = stream_.avail_out;
      status = inflate(&stream_, Z_NO_FLUSH);
      in_left -= in_given - stream_.avail_in;
      out_left -= out_given - stream_.avail_out;
    }
    in_left_ = in_left;
    out_left_ = out_left;
    return status;
  }

  size_t in_left() const { return in_left_; }
  size_t out_left() const { return out_left_; }
  const char* message() const { return stream_.msg != nullptr ? stream_.msg : "cut short"; }

 private:
  z_stream stream_ = {};
  bool ready_ = false;
  size_t in_left_ = 0;
  size_t out_left_ = 0;
};

}  // namespace

bool is_gzip(std::span<const std::byte> bytes) {
  return bytes.size() >= 2 && bytes[0] == std::byte{0x1f} && bytes[1] == std::byte{0x8b};
}

Result<std::vector<std::byte>> gunzip(std::span<const std::byte> bytes, std::string_view where) {
  if (!is_gzip(bytes) || bytes.size() < kLeastBytes) {
    return fail(ErrorCode::kDataLoss, "[io/gzip] expected a gzip file, found {} ({})",
                is_gzip(bytes) ? format("{} bytes of one", bytes.size()) : "another beginning",
                where);
  }
  const size_t size = stated_size(bytes);
  const size_t most = kBaseBytes + kBytesPerByte * bytes.size();
  if (size > most) {
    return fail_with_hint(
        ErrorCode::kOutOfRange,
        format("[io/gzip] unpacked size: expected at most {} bytes, file states {} ({})", most,
               size, where),
        "unpack it with gunzip");
  }
  Inflater inflater;
  if (!inflater.ready()) {
    return fail(ErrorCode::kResourceExhausted, "[io/gzip] no memory to unpack ({})", where);
  }
  std::vector<std::byte> out(size);
  const int status = inflater.run(bytes, out);
  if (status == Z_BUF_ERROR && inflater.out_left() == 0 && inflater.in_left() > 0) {
    return fail(ErrorCode::kDataLoss,
                "[io/gzip] expected {} bytes as the end states, found more ({})", size, where);
  }
  if (status != Z_STREAM_END) {
    return fail(ErrorCode::kDataLoss, "[io/gzip] packed data: {}, {} bytes before the end ({})",
                inflater.message(), inflater.in_left(), where);
  }
  if (inflater.in_left() > 0) {
    return fail_with_hint(ErrorCode::kUnsupported,
                          format("[io/gzip] expected one member, found {} bytes behind it ({})",
                                 inflater.in_left(), where),
                          "unpack it with gunzip");
  }
  return out;
}

Result<UnpackedFile> UnpackedFile::open(const std::filesystem::path& path) {
  SEXTANT_TRY(MappedFile file, MappedFile::open(path));
  std::vector<std::byte> unpacked;
  if (is_gzip(file.bytes())) {
    SEXTANT_TRY(unpacked, gunzip(file.bytes(), path.string()));
    if (unpacked.empty()) {
      return fail(ErrorCode::kDataLoss, "[io/gzip] nothing in it ({})", path.string());
    }
  }
  return UnpackedFile(std::move(file), std::move(unpacked));
}

}  // namespace sextant::io

#include "sextant/train/tensorboard.h"

#include <unistd.h>

#include <array>
#include <bit>
#include <chrono>

namespace sextant::train {
namespace {

constexpr std::array<uint32_t, 256> make_crc_table() {
  constexpr uint32_t kCastagnoli = 0x82f63b78;  // bits reversed
  std::array<uint32_t, 256> table = {};
  for (uint32_t i = 0; i < 256; ++i) {
    uint32_t value = i;
    for (int bit = 0; bit < 8; ++bit) {
      value = value >> 1 ^ ((value & 1) != 0 ? kCastagnoli : 0);
    }
    table[i] = value;
  }
  return table;
}

template <class T>
void append_little_endian(std::string& out, T value) {
  for (size_t i = 0; i < sizeof(T); ++i) {
    out += static_cast<char>(value >> 8 * i);
  }
}

// Protobuf's wire format, as far as Event needs it.
void append_varint(std::string& out, uint64_t value) {
  for (; value >= 0x80; value >>= 7) {
    out += static_cast<char>(value | 0x80);
  }
  out += static_cast<char>(value);
}

enum class Wire : uint8_t { kVarint = 0, kFixed64 = 1, kBytes = 2, kFixed32 = 5 };

void append_key(std::string& out, uint32_t field, Wire wire) {
  append_varint(out, field << 3 | static_cast<uint32_t>(wire));
}

void append_bytes(std::string& out, uint32_t field, std::string_view bytes) {
  append_key(out, field, Wire::kBytes);
  append_varint(out, bytes.size());
  out += bytes;
}

// Event: wall_time and step; what it holds is appended.
std::string begin_event(double wall_time, int64_t step) {
  std::string event;
  append_key(event, 1, Wire::kFixed64);
  append_little_endian(event, std::bit_cast<uint64_t>(wall_time));
  if (step != 0) {
    append_key(event, 2, Wire::kVarint);
    append_varint(event, static_cast<uint64_t>(step));
  }
  return event;
}

// TFRecord: length, its checksum, data, its checksum.
std::string frame(std::string_view data) {
  std::string record;
  append_little_endian(record, uint64_t{data.size()});
  append_little_endian(record, masked_crc32c(record));
  record += data;
  append_little_endian(record, masked_crc32c(data));
  return record;
}

double now() {
  const auto time = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration<double>(time).count();
}

}  // namespace

uint32_t crc32c(std::string_view bytes) {
  static constexpr std::array<uint32_t, 256> kTable = make_crc_table();
  uint32_t crc = ~uint32_t{0};
  for (const char byte : bytes) {
    crc = crc >> 8 ^ kTable[(crc ^ static_cast<unsigned char>(byte)) & 0xff];
  }
  return ~crc;
}

uint32_t masked_crc32c(std::string_view bytes) {
  constexpr uint32_t kMask = 0xa282ead8;
  return std::rotr(crc32c(bytes), 15) + kMask;
}

std::string tensorboard_version(double wall_time) {
  std::string event = begin_event(wall_time, 0);
  append_bytes(event, 3, "brain.Event:2");
  return frame(event);
}

std::string tensorboard_session_start(double wall_time, int64_t step) {
  std::string event = begin_event(wall_time, step);
  constexpr std::string_view kStart("\x08\x01", 2);  // SessionLog: status START
  append_bytes(event, 7, kStart);
  return frame(event);
}

std::string tensorboard_scalar(double wall_time, int64_t step, std::string_view tag, float value) {
  std::string scalar;  // Summary.Value
  append_bytes(scalar, 1, tag);
  append_key(scalar, 2, Wire::kFixed32);
  append_little_endian(scalar, std::bit_cast<uint32_t>(value));
  std::string summary;
  append_bytes(summary, 1, scalar);
  std::string event = begin_event(wall_time, step);
  append_bytes(event, 5, summary);
  return frame(event);
}

Result<TensorBoardLog> TensorBoardLog::open(const std::filesystem::path& folder,
                                            int64_t resumed_step) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) {
    return fail(ErrorCode::kIo, "[train/tensorboard] {}: {}", folder.string(), error.message());
  }
  std::array<char, 65> host = {};
  if (gethostname(host.data(), host.size() - 1) != 0 || host[0] == '\0') {
    host = {"localhost"};
  }
  const double wall_time = now();
  // TensorBoard reads the files of a folder in the order of their names.
  std::filesystem::path path;
  int part = 0;
  do {
    path = folder / format("events.out.tfevents.{:010}.{}.{}.{}", static_cast<int64_t>(wall_time),
                           std::string_view(host.data()), getpid(), part++);
  } while (std::filesystem::exists(path, error));
  SEXTANT_TRY(AppendFile file, AppendFile::open(path, 0));
  TensorBoardLog log(std::move(path), std::move(file));
  log.append(tensorboard_version(wall_time));
  if (resumed_step >= 0) {
    log.append(tensorboard_session_start(wall_time, resumed_step + 1));
  }
  return log;
}

void TensorBoardLog::write(int64_t step, std::string_view tag, double value) {
  append(tensorboard_scalar(now(), step, tag, static_cast<float>(value)));
}

void TensorBoardLog::append(const std::string& record) {
  file_.append(std::as_bytes(std::span(record)));
}

}  // namespace sextant::train
